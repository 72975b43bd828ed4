"""A fitted language model: it samples documents, scores text, and is kept in the format of Hugging Face."""

import json
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from genloop.data.text.tokens import TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.families.devices import prepare_device
from genloop.families.lm.generate import generate
from genloop.families.lm.gpt2_network import GPT2Network
from genloop.families.lm.language_network import LanguageNetwork, blocks_at_once
from genloop.families.lm.llama_network import LlamaNetwork
from genloop.families.lm.network import CONFIG_FILE, WEIGHTS_FILE, Network
from genloop.families.lm.sampling import Sampling
from genloop.families.lm.snapshots import Snapshot, open_snapshots, snapshot_path
from genloop.families.training import Status, TrainingRecord
from genloop.types import Context, Progress

RECORD_FILE = "training.json"
NETWORKS: Mapping[str, type[Network]] = {network.kind: network for network in (GPT2Network, LlamaNetwork)}


@dataclass(frozen=True)
class LanguageModel:
    """A fitted network.

    Attributes:
        network: its weights.
        vocabulary: that of the data.
        sampling: how documents are drawn.
        record: how the fit went.
        snapshots: earlier weights of the same fit, where the estimator keeps any.
    """

    network: LanguageNetwork
    vocabulary: Vocabulary
    sampling: Sampling
    record: TrainingRecord
    snapshots: tuple[Snapshot, ...] = ()

    @property
    def status(self) -> Status:
        return self.record.status

    def sample(self, num: int, *, seed: int, conditions: TokenDataset | None = None, context: Context) -> TokenDataset:
        """Return `num` tokens of whole documents in the order they were begun, the last one cut."""
        if conditions is not None:
            raise UserError("A language model samples whole documents and takes no conditions; leave them out.")
        self.network.to(prepare_device(context.runtime))
        return generate(self.network, self.vocabulary, self.sampling, num=num, seed=seed, context=context)

    @torch.inference_mode()
    def mean_loss(self, data: TokenDataset, *, context: Context) -> float:
        """Return the mean cross-entropy of all tokens of `data`, in nats.

        Every token is predicted from those before it in its block of the network's context length.
        """
        device = prepare_device(context.runtime)
        network = self.network.to(device)
        total = 0.0
        for start, stop, length in _spans(len(data), network.context):
            tokens = torch.from_numpy(data.read(start - 1, stop).astype(np.int64)).to(device)
            losses = network.token_losses(tokens[:-1].view(-1, length), tokens[1:])
            total += losses.cpu().double().sum().item()
            context.report(Progress(stop, len(data)))
        return total / len(data)

    def learning_curve(self, data: TokenDataset, *, context: Context) -> tuple[float, ...]:
        """Return the mean loss on `data` of every snapshot, in the order of their steps, and of the model."""
        earlier = replace(self, network=deepcopy(self.network))
        losses = []
        for snapshot in self.snapshots:
            earlier.network.import_weights(snapshot.load())
            losses.append(earlier.mean_loss(data, context=context))
        return (*losses, self.mean_loss(data, context=context))

    def save(self, directory: Path) -> None:
        """Write a folder that `transformers.AutoModelForCausalLM.from_pretrained` opens.

        The losses of the fit and its snapshots, named in the same way, lie beside the model.
        """
        self.network.save(directory, end_of_text=self.vocabulary.end_of_text)
        for snapshot in self.snapshots:
            path = snapshot_path(directory, snapshot.step)
            save_file(dict(snapshot.load()), path, metadata={"format": "pt"})
        (directory / RECORD_FILE).write_text(json.dumps(asdict(self.record), indent=1) + "\n")


def load_model(directory: Path, vocabulary: Vocabulary, sampling: Sampling, context: Context) -> LanguageModel:
    """Restore what `LanguageModel.save` wrote of a GPT-2 or a Llama."""
    config = json.loads((directory / CONFIG_FILE).read_text())
    network = NETWORKS[config["model_type"]].from_config(config)
    network.import_weights(load_file(directory / WEIGHTS_FILE))
    return restore_model(network, directory, vocabulary, sampling, context)


def restore_model(
    network: LanguageNetwork, directory: Path, vocabulary: Vocabulary, sampling: Sampling, context: Context
) -> LanguageModel:
    """Return the model whose network was read from `directory` already."""
    record = json.loads((directory / RECORD_FILE).read_text())
    record = TrainingRecord(record["status"], tuple(record["losses"]))
    network.to(prepare_device(context.runtime))
    return LanguageModel(network, vocabulary, sampling, record, open_snapshots(directory))


def _spans(num_tokens: int, context: int) -> Iterator[tuple[int, int, int]]:
    """Yield start, stop and block length of spans that can be scored at once; only the last block may be shorter."""
    whole = num_tokens // context * context
    step = blocks_at_once(context) * context
    for start in range(0, whole, step):
        yield start, min(start + step, whole), context
    if whole < num_tokens:
        yield whole, num_tokens, num_tokens - whole

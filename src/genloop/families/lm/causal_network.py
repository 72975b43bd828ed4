"""A causal language model of `transformers`, as the fit, the scores and the sampler know a network.

Its loss is taken from its own logits, so that whatever the architecture does to them is in it. What it keeps of the
texts so far is in a cache of its own kind.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import AutoModelForCausalLM, PreTrainedConfig, PreTrainedModel
from transformers.utils import logging

from genloop.families.lm.blocks import Batch
from genloop.families.lm.causal_building import build, check
from genloop.families.lm.causal_config import describe_config
from genloop.families.lm.causal_documents import CausalDocuments, bytes_per_position
from genloop.families.lm.language_network import LanguageNetwork
from genloop.families.lm.sampling import Sampling
from genloop.families.workers import Workers


class CausalNetwork(LanguageNetwork):
    """A network of `transformers`.

    Args:
        model: the network.
        context: tokens that a prediction can look back on.
    """

    def __init__(self, model: PreTrainedModel, *, context: int) -> None:
        super().__init__()
        self.model = model.eval()
        self.sizes = describe_config(model.config) | {"vocab_size": model.config.vocab_size}
        self._context = context

    @classmethod
    def initial(cls, config: PreTrainedConfig, *, context: int, seed: int) -> Self:
        """Return a network with the initial weights of its architecture.

        Raises:
            UserError: if its settings do not go together, or it cannot be trained and sampled token by token.
        """
        with _seeded(seed):
            network = cls(build(config), context=context)
        check(network.model)
        return network

    @classmethod
    def load(cls, directory: Path, *, context: int) -> Self:
        """Read what `save` wrote."""
        with _quiet():
            model = AutoModelForCausalLM.from_pretrained(
                directory, local_files_only=True, trust_remote_code=False, dtype=torch.float32
            )
        return cls(model, context=context)

    @property
    def context(self) -> int:
        return self._context

    @property
    def num_activations(self) -> int:
        config = self.model.config
        return config.num_hidden_layers * config.hidden_size + config.vocab_size

    def forward(self, tokens: Tensor) -> Tensor:
        found = self.model(input_ids=tokens, use_cache=False, output_hidden_states=True)
        return found.hidden_states[-1].flatten(0, 1)

    def loss(self, batch: Batch, *, seed: int) -> Tensor:
        self.model.train()
        with _seeded(seed):
            losses = self._losses(batch.inputs, batch.targets)
        self.model.eval()
        return torch.dot(losses, batch.shares)

    @torch.no_grad()
    def token_losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        return self._losses(tokens, targets)

    def _losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        logits = self.model(input_ids=tokens, use_cache=False).logits.flatten(0, 1)  # (B * T, V)
        return F.cross_entropy(logits.float(), targets, reduction="none")

    def workers(self) -> Workers:
        return Workers(self.device, alone=True)  # the random numbers of dropout are those of the process

    def documents(
        self, num_rows: int, sampling: Sampling, workers: Workers, *, max_length: int, end_of_text: int
    ) -> CausalDocuments:
        return CausalDocuments(
            self.model, num_rows, context=self.context, max_length=max_length, end_of_text=end_of_text
        )

    def bytes_per_row(self, sampling: Sampling) -> int:
        return bytes_per_position(self.model) * self.context

    def export_weights(self) -> dict[str, Tensor]:
        return {name: weight.detach() for name, weight in self.model.named_parameters()}

    @torch.no_grad()
    def import_weights(self, weights: Mapping[str, Tensor]) -> None:
        for name, weight in self.model.named_parameters():
            weight.copy_(weights[name])

    def save(self, directory: Path, *, end_of_text: int) -> None:
        for config in (self.model.config, self.model.generation_config):
            config.bos_token_id = config.eos_token_id = end_of_text
        with _quiet():
            self.model.save_pretrained(directory)


@contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Draw the global random numbers from a seed, and leave them as they were."""
    with torch.random.fork_rng(range(torch.cuda.device_count())):
        torch.manual_seed(seed)
        yield


@contextmanager
def _quiet() -> Iterator[None]:
    """Show no progress of files that are read and written."""
    was_shown: Any = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if was_shown:
            logging.enable_progress_bar()

"""Fitting a GPT-2 to a token stream."""

from collections.abc import Iterator

import torch
from torch import Tensor

from genloop.data.tokens import TokenDataset
from genloop.families.devices import prepare_device
from genloop.families.lm.blocks import Blocks, blocks_of_step
from genloop.families.lm.cross_entropy import linear_cross_entropy
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.gpt2_network import GPT2Network
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.network import Shape, blocks_at_once
from genloop.families.training import Optimisation, train
from genloop.identity import digest
from genloop.types import Context


def fit_network(estimator: GPT2, data: TokenDataset, *, seed: int, context: Context) -> LanguageModel:
    """Return `estimator` fitted to `data`, which fill at least one block."""
    device = prepare_device(context.runtime)
    network = GPT2Network(_shape(estimator, data.vocabulary.size), seed=seed).to(device)
    blocks = Blocks(data, estimator.context)
    at_once = estimator.batch if device.type == "cuda" else blocks_at_once(estimator.context)

    def micro_losses(step: int) -> Iterator[Tensor]:
        indices = blocks_of_step(step, batch=estimator.batch, num_blocks=len(blocks), seed=seed)
        for batch in blocks.micro_batches(indices, at_once, device):
            with torch.autocast(device.type, torch.bfloat16, enabled=estimator.precision == "bfloat16"):
                yield linear_cross_entropy(network(batch.inputs), network.head, batch.targets, batch.shares)

    record = train(
        network,
        micro_losses,
        _optimisation(estimator, len(data)),
        examples_per_step=estimator.batch * estimator.context,
        owner=digest(["fit", estimator.fit_identity(len(data)), len(data), seed]),
        context=context,
    )
    return LanguageModel(network, data.vocabulary, estimator.sampling, record)


def _shape(estimator: GPT2, vocabulary: int) -> Shape:
    return Shape(vocabulary, estimator.width, estimator.num_layers, estimator.num_heads, estimator.context)


def _optimisation(estimator: GPT2, num_examples: int) -> Optimisation:
    return Optimisation(
        num_steps=estimator.resolved_steps(num_examples),
        learning_rate=estimator.learning_rate,
        warmup=estimator.warmup,
        weight_decay=estimator.weight_decay,
        clip=estimator.clip,
    )

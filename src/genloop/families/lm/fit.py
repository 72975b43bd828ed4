"""Fitting a language model to a token stream, from initial weights or from those of a fitted model."""

import math
from collections.abc import Callable
from functools import partial
from hashlib import sha256
from typing import Any

import torch
from torch import Tensor

from genloop.data.tokens import TokenDataset
from genloop.errors import UserError
from genloop.families.devices import prepare_device
from genloop.families.lm.blocks import Batch, Blocks, blocks_of_step
from genloop.families.lm.cross_entropy import linear_cross_entropy
from genloop.families.lm.estimator import LanguageEstimator
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.network import Network, blocks_at_once
from genloop.families.lm.snapshots import Keeper
from genloop.families.training import Optimisation, train
from genloop.families.workers import Workers
from genloop.identity import digest
from genloop.types import Context

MOST_ACTIVATIONS = 1 << 27  # numbers in the residual streams of a GPU's micro-batch; a gradient needs 25 times as many


def fit_network(
    estimator: LanguageEstimator,
    data: TokenDataset,
    *,
    start: LanguageModel | None = None,
    seed: int,
    context: Context,
) -> LanguageModel:
    """Return `estimator` fitted to `data`; the weights start from those of `start`, or from the seed.

    Raises:
        UserError: if the data are too few, the device is absent, or `start` has another shape.
    """
    _check_size(estimator, data)
    device = prepare_device(context.runtime)
    network = estimator.network(data.vocabulary.size, seed=seed)
    computation: list[Any] = ["fit", estimator.fit_identity(len(data)), len(data), seed]
    if start is not None:
        _copy_weights(start.network, network)
        computation.append(_digest_of_weights(network))
    network.to(device)
    owner = digest(computation)
    keeper = Keeper(network, estimator.snapshot_steps(len(data)), context.scratch_dir, owner)
    blocks = Blocks(data, estimator.context)

    def loss_of(batch: Batch) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=estimator.precision == "bfloat16"):
            return linear_cross_entropy(network(batch.inputs), network.head, batch.targets, batch.shares)

    with Workers(device) as workers:
        at_once = min(_blocks_at_once(estimator, device), math.ceil(estimator.batch / workers.num))

        def micro_losses(step: int) -> list[Callable[[], Tensor]]:
            indices = blocks_of_step(step, batch=estimator.batch, num_blocks=len(blocks), seed=seed)
            return [partial(loss_of, batch) for batch in blocks.micro_batches(indices, at_once, device)]

        record = train(
            network,
            micro_losses,
            _optimisation(estimator, len(data)),
            workers=workers,
            examples_per_step=estimator.batch * estimator.context,
            owner=owner,
            context=context,
            keep=keeper.keep,
        )
    return LanguageModel(network, data.vocabulary, estimator.sampling, record, keeper.snapshots(len(record.losses)))


def _check_size(estimator: LanguageEstimator, data: TokenDataset) -> None:
    if len(data) < estimator.context:
        raise UserError(
            f"context={estimator.context} is longer than the training set of {len(data)} tokens. "
            "Use a shorter context or more data."
        )
    if (num_steps := estimator.resolved_steps(len(data))) < estimator.snapshots:
        raise UserError(f"snapshots={estimator.snapshots} is more than the fit's {num_steps} steps. Use fewer.")


def _copy_weights(source: Network, target: Network) -> None:
    found, wanted = (f"{type(network).__name__} of {network.shape}" for network in (source, target))
    if found != wanted:
        raise UserError(f"A {wanted} cannot start from a {found}. Give the estimator the sizes of the fitted model.")
    target.load_state_dict(source.state_dict())


def _digest_of_weights(network: Network) -> str:
    total = sha256()
    for weight in network.parameters():
        total.update(weight.detach().numpy().data)
    return total.hexdigest()


def _blocks_at_once(estimator: LanguageEstimator, device: torch.device) -> int:
    if device.type != "cuda":
        return blocks_at_once(estimator.context)
    return max(1, MOST_ACTIVATIONS // (estimator.context * estimator.num_layers * estimator.width))


def _optimisation(estimator: LanguageEstimator, num_examples: int) -> Optimisation:
    return Optimisation(
        num_steps=estimator.resolved_steps(num_examples),
        learning_rate=estimator.learning_rate,
        warmup=estimator.warmup,
        weight_decay=estimator.weight_decay,
        clip=estimator.clip,
    )

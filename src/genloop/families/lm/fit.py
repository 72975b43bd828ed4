"""Fitting a language model to a token stream, from initial weights or from those of a fitted model."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.families.devices import prepare_device
from genloop.families.lm.blocks import Batch, Blocks
from genloop.families.lm.estimator import LanguageEstimator
from genloop.families.lm.language_network import LanguageNetwork, blocks_at_once
from genloop.families.lm.model import LanguageModel
from genloop.families.lm.snapshots import Keeper
from genloop.families.neural import rows_of_step
from genloop.families.training import train
from genloop.families.weights import weights_digest
from genloop.identity import derive_seed, digest
from genloop.types import Context

MOST_ACTIVATIONS = 1 << 27  # numbers in a GPU's micro-batch; a gradient needs 25 times as many


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
        computation.append(weights_digest(network))
    network.to(device)
    owner = digest(computation)
    keeper = Keeper(network, estimator.snapshot_steps(len(data)), context.scratch_dir, owner)
    blocks = Blocks(data, estimator.context)

    def loss_of(batch: Batch, batch_seed: int) -> Tensor:
        with torch.autocast(device.type, torch.bfloat16, enabled=estimator.precision == "bfloat16"):
            return network.loss(batch, seed=batch_seed)

    with network.workers() as workers:
        at_once = min(_blocks_at_once(network), math.ceil(estimator.batch / workers.num))

        def micro_losses(step: int) -> list[Callable[[], Tensor]]:
            indices = rows_of_step(step, batch=estimator.batch, num_rows=len(blocks), seed=seed)
            batches = blocks.micro_batches(indices, at_once, device)
            return [partial(loss_of, batch, derive_seed(seed, step, place)) for place, batch in enumerate(batches)]

        record = train(
            network,
            micro_losses,
            estimator.optimisation(len(data)),
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


def _copy_weights(source: LanguageNetwork, target: LanguageNetwork) -> None:
    found, wanted = (f"{type(network).__name__} of {network.shape}" for network in (source, target))
    if found != wanted:
        raise UserError(f"A {wanted} cannot start from a {found}. Give the estimator the sizes of the fitted model.")
    target.load_state_dict(source.state_dict())


def _blocks_at_once(network: LanguageNetwork) -> int:
    if network.device.type != "cuda":
        return blocks_at_once(network.context)
    return max(1, MOST_ACTIVATIONS // (network.context * network.num_activations))

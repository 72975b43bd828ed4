"""One fit of a network, of any family: where its weights start, what names it, and which rows each step trains on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from genloop.families.devices import prepare_device
from genloop.families.neural import NeuralEstimator, rows_of_step
from genloop.families.training import TrainingRecord, train
from genloop.families.weights import copy_weights, weights_digest
from genloop.families.workers import Workers
from genloop.identity import digest
from genloop.types import Context

AnyNetwork = TypeVar("AnyNetwork", bound=nn.Module)
MicroLosses = Callable[[int, np.ndarray], Sequence[Callable[[], Tensor]]]


@dataclass(frozen=True)
class Fitting(Generic[AnyNetwork]):
    """A network on its device, with the weights that its fit starts from.

    Attributes:
        network: is trained in place.
        estimator: says how.
        num_examples: of the training set.
        seed: of the order of the data, and of what else is random.
        context: where to compute.
        owner: names this very computation, so that no other one's checkpoint is resumed.
    """

    network: AnyNetwork
    estimator: NeuralEstimator
    num_examples: int
    seed: int
    context: Context
    owner: str

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    def autocast(self) -> torch.autocast:
        """Return the context in which matrix products have the precision that the estimator asks for."""
        return torch.autocast(self.device.type, torch.bfloat16, enabled=self.estimator.precision == "bfloat16")

    def train(
        self,
        micro_losses: MicroLosses,
        workers: Workers,
        *,
        examples_per_row: int = 1,
        keep: Callable[[int], None] = lambda _: None,
        is_kept: Callable[[int], bool] = lambda _: True,
    ) -> TrainingRecord:
        """Train the network as `training.train` does, on new permutations of all rows.

        Args:
            micro_losses: gives, for a step and its rows, what computes the losses of its micro-batches.
            workers: share the micro-batches.
            examples_per_row: how far a row brings the progress.
            keep: sees the weights before they change.
            is_kept: whether what it kept of the steps so far is still there.
        """
        batch, num_rows = self.estimator.batch, self.estimator.num_rows(self.num_examples)

        def losses_of(step: int) -> Sequence[Callable[[], Tensor]]:
            return micro_losses(step, rows_of_step(step, batch=batch, num_rows=num_rows, seed=self.seed))

        return train(
            self.network,
            losses_of,
            self.estimator.optimisation(self.num_examples),
            workers=workers,
            examples_per_step=batch * examples_per_row,
            owner=self.owner,
            context=self.context,
            keep=keep,
            is_kept=is_kept,
        )


def begin(
    network: AnyNetwork,
    estimator: NeuralEstimator,
    num_examples: int,
    *,
    start: AnyNetwork | None,
    seed: int,
    context: Context,
) -> Fitting[AnyNetwork]:
    """Return the fit of a network from its initial weights, or from those of `start`.

    Raises:
        UserError: if the device is absent, or `start` is of another kind or has other sizes.
    """
    device = prepare_device(context.runtime)
    computation: list[Any] = ["fit", estimator.fit_identity(num_examples), num_examples, seed]
    if start is not None:
        copy_weights(start, network)
        computation.append(weights_digest(network))
    network.to(device)
    return Fitting(network, estimator, num_examples, seed, context, digest(computation))

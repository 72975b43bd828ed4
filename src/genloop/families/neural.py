"""What the estimators of neural families share: how they are trained.

Importing this file loads no torch, so that keys and cached results are there at once.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Literal

import numpy as np

from genloop.errors import UserError, not_positive
from genloop.identity import describe
from genloop.types import Resources

if TYPE_CHECKING:
    from genloop.families.training import Optimisation


@dataclass(frozen=True)
class NeuralEstimator(ABC):
    """A network, trained with AdamW, warm-up and cosine decay.

    The order of the data, the initial weights and all results follow from the seed; the number of optimiser steps is
    all that `epochs` decides.

    Attributes:
        epochs: passes over the data.
        num_steps: optimiser steps; set, it overrides `epochs`.
        batch: rows per optimiser step; a row is an image, a block of tokens, ...
        learning_rate: its highest value; it decays to a tenth.
        warmup: share of the steps in which it rises.
        weight_decay: of matrices, not of biases and gains.
        clip: largest norm of the gradient.
        precision: of matrix products in training.
    """

    resources: ClassVar[Resources] = Resources(gpus=1)
    weighting: ClassVar[int] = 2  # 1 shared out the loss of every batch by the weights in that batch alone

    epochs: float = 10
    num_steps: int | None = None
    batch: int = 16
    learning_rate: float = 1e-3
    warmup: float = 0.1
    weight_decay: float = 0.1
    clip: float = 1.0
    precision: Literal["float32", "bfloat16"] = "float32"

    def __post_init__(self) -> None:
        if problems := self._problems():
            raise UserError(f"{type(self).__name__}: " + ". ".join(problems) + ".")

    def _problems(self) -> list[str]:
        numbers = ("epochs", "num_steps", "batch", "learning_rate", "clip")
        problems = self._not_positive(*(name for name in numbers if getattr(self, name) is not None))
        if not 0 <= self.warmup <= 1:
            problems.append(f"warmup={self.warmup} is no share of the steps; use 0 to 1")
        if not self.weight_decay >= 0:
            problems.append(f"weight_decay={self.weight_decay} would make weights grow; use 0 or more")
        if self.precision not in ("float32", "bfloat16"):
            problems.append(f"precision={self.precision!r} is unknown; use 'float32' or 'bfloat16'")
        return problems

    def _not_positive(self, *names: str) -> list[str]:
        return not_positive(**{name: getattr(self, name) for name in names})

    @abstractmethod
    def num_rows(self, num_examples: int) -> int:
        """Return how many rows of a batch some examples make."""

    def fit_identity(self, num_examples: int) -> dict[str, Any]:
        identity = describe(self)
        del identity["epochs"]
        return identity | {"num_steps": self.resolved_steps(num_examples)}

    def resolved_steps(self, num_examples: int) -> int:
        """Return how many optimiser steps a fit on this many examples takes."""
        if self.num_steps is not None:
            return self.num_steps
        return math.ceil(self.epochs * self.num_rows(num_examples) / self.batch)

    def optimisation(self, num_examples: int) -> "Optimisation":
        """Return how to descend on this many examples."""
        from genloop.families.training import Optimisation

        return Optimisation(
            num_steps=self.resolved_steps(num_examples),
            learning_rate=self.learning_rate,
            warmup=self.warmup,
            weight_decay=self.weight_decay,
            clip=self.clip,
        )


def rows_of_step(step: int, *, batch: int, num_rows: int, seed: int) -> np.ndarray:
    """Return which `batch` rows a step trains on; every epoch is a new permutation of all rows."""
    positions = np.arange(step * batch, (step + 1) * batch)
    epochs = positions // num_rows
    orders = {epoch: _permutation(num_rows, seed, int(epoch)) for epoch in np.unique(epochs)}
    return np.array([orders[epoch][place] for epoch, place in zip(epochs, positions % num_rows, strict=True)])


def loss_shares(weights: np.ndarray, mean: np.float64) -> np.ndarray:
    """Return how much of the loss of an optimiser step is due to each weight, float32, in the shape of the weights.

    `mean` is that of the whole training set, so that an example counts as much whichever others it meets in a batch:
    over an epoch, the mean gradient of the steps is that of the weighted loss of all examples.
    """
    return (weights / (weights.size * mean)).astype(np.float32)


@lru_cache(maxsize=2)
def _permutation(num_rows: int, seed: int, epoch: int) -> np.ndarray:
    return np.random.Generator(np.random.Philox(key=[seed, epoch])).permutation(num_rows)

"""What the theory's tests share: any policy as a table, and the verdict of a simulation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.policies import Mixture


@dataclass(frozen=True)
class Table:
    """A policy given as one mixture per iteration, draws included; every source holds `supply` T."""

    version: ClassVar[int] = 1

    mixtures: tuple[Mixture, ...]
    supply: float = 4.0

    def training_set(self, iteration: int) -> Mixture:
        return self.mixtures[iteration - 1]

    def num_samples(self, iteration: int) -> float:
        return self.supply


def within(simulated: np.ndarray, expected: np.ndarray, *, standard_errors: float = 4.0) -> bool:
    """Whether the mean over replicas is that many of its own standard errors from the expected value, or nearer."""
    error = simulated.std(axis=-1, ddof=1) / np.sqrt(simulated.shape[-1])
    return bool(np.all(np.abs(simulated.mean(axis=-1) - expected) <= standard_errors * error + 1e-12))

"""What a simulation of a result measured, beside what the result predicts."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Measurement:
    """One number of the theory, simulated.

    Attributes:
        setting: what was simulated, in the notation of docs/theory.md.
        expected: what the theory predicts.
        measured: what the simulation gave.
        standard_error: of the simulation.
        rounding: distance allowed besides.
    """

    setting: str
    expected: float
    measured: float
    standard_error: float
    rounding: float = 0.0

    @property
    def holds(self) -> bool:
        """Whether theory and simulation are within 4 standard errors."""
        return abs(self.measured - self.expected) <= 4 * self.standard_error + self.rounding


def measurement(setting: str, expected: ArrayLike, replicas: np.ndarray) -> Measurement:
    """Return the measurement of a mean over independent replicas, shape (replica,)."""
    error = replicas.std(ddof=1) / np.sqrt(len(replicas))
    return Measurement(setting, float(expected), float(replicas.mean()), float(error))  # type: ignore[arg-type]

"""How much higher one measured value is than another, seed by seed.

Loops that share a seed meet the same random numbers, so differences are taken within each seed and then averaged.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev
from typing import Self

from genloop.theory.student import student_quantile


@dataclass(frozen=True)
class Change:
    """How much higher one value is than another.

    Attributes:
        differences: one for each seed.
        unit: of the values.
    """

    differences: tuple[float, ...]
    unit: str = ""

    @classmethod
    def between(cls, values: Sequence[float | None], first: Sequence[float | None], unit: str = "") -> Self:
        """Return how much higher `values` are than `first`, seed by seed; a value that is not finite is no number."""
        pairs = zip(values, first, strict=True)
        return cls(tuple(math.nan if a is None or b is None else a - b for a, b in pairs), unit)

    @property
    def mean(self) -> float:
        return mean(self.differences)

    @property
    def standard_error(self) -> float | None:
        """Over the seeds; None for one."""
        return standard_error(self.differences) if math.isfinite(self.mean) else None

    @property
    def margin(self) -> float | None:
        """Half the width of the 90 % interval of the mean, by Student's t over the seeds; None for one."""
        error = self.standard_error
        return None if error is None else error * student_quantile(len(self.differences) - 1)

    def __str__(self) -> str:
        error = self.standard_error
        return f"{self.mean:+.3f}" + ("" if error is None else f" ± {error:.3f}")


def standard_error(values: Sequence[float], recorded: float | None = None) -> float | None:
    """Return the standard error of the mean over seeds or, of a single one, that which its metric recorded."""
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else recorded

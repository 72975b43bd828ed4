"""Differences of test losses, paired by seed, and the rule that turns one into a verdict.

Policies and rows that share a seed meet the same random numbers, so a difference is taken seed by seed and averaged.
What is claimed to rise must lie above zero, and what is claimed not to rise below `TOLERANCE`, by Student's one-sided
95 % bound over the seeds. With one seed there is no bound, and the number itself decides.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from genloop.reproduce.claims import Claim

TOLERANCE = 0.02  # nats per token; about 2 % of perplexity
STUDENT = (
    6.314,
    2.920,
    2.353,
    2.132,
    2.015,
    1.943,
    1.895,
    1.860,
    1.833,
)  # 95 % quantiles for 1 to 9 degrees of freedom
NORMAL = 1.83  # for more, a little on the safe side
RULE = (
    "Differences are paired by seed. A rise holds where Student's one-sided 95 % lower bound over the seeds is above "
    f"zero; no rise holds where the upper bound is at most {TOLERANCE} nats per token. Of one seed, with no bound, the "
    "difference itself decides."
)


@dataclass(frozen=True)
class Change:
    """How much higher one loss is than another.

    Attributes:
        differences: one for each seed, in nats per token.
    """

    differences: tuple[float, ...]

    @classmethod
    def between(cls, losses: Sequence[float | None], first: Sequence[float | None]) -> "Change":
        """Return how much higher `losses` are than `first`, seed by seed; a loss that is not finite is no number."""
        pairs = zip(losses, first, strict=True)
        return cls(tuple(math.nan if a is None or b is None else a - b for a, b in pairs))

    @property
    def mean(self) -> float:
        return mean(self.differences)

    @property
    def standard_error(self) -> float | None:
        """Over the seeds; None for one."""
        num = len(self.differences)
        return stdev(self.differences) / num**0.5 if num > 1 and math.isfinite(self.mean) else None

    @property
    def reach(self) -> float:
        """How far the one-sided 95 % bound lies from the mean."""
        degrees = len(self.differences) - 1
        quantile = STUDENT[degrees - 1] if degrees <= len(STUDENT) else NORMAL
        return quantile * (self.standard_error or 0.0)

    def rises(self, text: str) -> Claim:
        """Return the claim that the difference is above zero."""
        return self._claim(text, self.mean - self.reach > 0)

    def does_not_rise(self, text: str) -> Claim:
        """Return the claim that the difference is not above zero by more than the tolerance."""
        return self._claim(text, self.mean + self.reach <= TOLERANCE)

    def _claim(self, text: str, holds: bool) -> Claim:
        return Claim(text, None, self.mean, self.standard_error, holds)

    def __str__(self) -> str:
        error = self.standard_error
        return f"{self.mean:+.3f}" + ("" if error is None else f" ± {error:.3f}")

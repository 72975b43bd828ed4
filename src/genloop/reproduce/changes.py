"""Differences of measured values, paired by seed, and the rule that turns one into a verdict.

Policies and rows that share a seed meet the same random numbers, so a difference is taken seed by seed. A claim must
hold in every seed; where some seeds agree with it and others do not, it is undecided. Of few seeds this is all that
can be said: Student's interval of two is 12.7 standard errors wide to either side.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import mean, stdev

from genloop.reproduce.claims import Claim

TOLERANCE = 0.02  # nats per token; about 2 % of perplexity
CHANCE = "A difference that does not exist has the same sign in all of n seeds with probability 2 / 2^n."
RULE = (
    "Differences are paired by seed. A rise holds where the loss is higher in every seed, no rise where it is at most "
    f"{TOLERANCE} nats per token higher in every seed; what holds in no seed fails, and the rest is undecided. {CHANCE}"
)
SIGN_RULE = (
    "Differences are paired by seed. A claim holds where its difference is above zero in every seed and fails where it "
    f"is in none; the rest is undecided. {CHANCE}"
)


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
    def between(cls, values: Sequence[float | None], first: Sequence[float | None], unit: str = "") -> "Change":
        """Return how much higher `values` are than `first`, seed by seed; a value that is not finite is no number."""
        pairs = zip(values, first, strict=True)
        return cls(tuple(math.nan if a is None or b is None else a - b for a, b in pairs), unit)

    def margin(self, other: "Change", share: float = 1.0) -> "Change":
        """Return how far a share of this change is above another, seed by seed."""
        pairs = zip(self.differences, other.differences, strict=True)
        return Change(tuple(share * own - of_other for own, of_other in pairs), self.unit)

    @property
    def mean(self) -> float:
        return mean(self.differences)

    @property
    def standard_error(self) -> float | None:
        """Over the seeds; None for one."""
        num = len(self.differences)
        return stdev(self.differences) / num**0.5 if num > 1 and math.isfinite(self.mean) else None

    def rises(self, text: str) -> Claim:
        """Return the claim that the difference is above zero."""
        return self._claim(text, lambda difference: difference > 0)

    def does_not_rise(self, text: str) -> Claim:
        """Return the claim that the difference is not above zero by more than the tolerance."""
        return self._claim(text, lambda difference: difference <= TOLERANCE)

    def _claim(self, text: str, is_so: Callable[[float], bool]) -> Claim:
        agreed = {math.isfinite(self.mean) and is_so(difference) for difference in self.differences}
        holds = agreed.pop() if len(agreed) == 1 else None
        return Claim(text, None, self.mean, self.standard_error, holds, self.unit)

    def __str__(self) -> str:
        error = self.standard_error
        return f"{self.mean:+.3f}" + ("" if error is None else f" ± {error:.3f}")

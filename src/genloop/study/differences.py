"""Differences of measured values, paired by seed, and the rule that turns one into a verdict.

Policies and rows that share a seed meet the same random numbers, so a difference is taken seed by seed. A claim must
hold in every seed; where some seeds agree with it and others do not, it is undecided. Of few seeds this is all that
can be said: Student's interval of two is 12.7 standard errors wide to either side.
"""

from collections.abc import Callable

from genloop.analysis.change import Change
from genloop.study.claims import Claim

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


class Difference(Change):
    """A change of which claims can be made."""

    def above(self, other: "Difference", share: float = 1.0) -> "Difference":
        """Return how far a share of this change is above another, seed by seed."""
        pairs = zip(self.differences, other.differences, strict=True)
        return Difference(tuple(share * own - of_other for own, of_other in pairs), self.unit)

    def rises(self, text: str, paper: float | str | None = None) -> Claim:
        """Return the claim that the difference is above zero; `paper` is what the paper prints or writes of it."""
        return self._claim(text, paper, lambda difference: difference > 0)

    def does_not_rise(self, text: str, paper: float | str | None = None) -> Claim:
        """Return the claim that the difference is not above zero by more than the tolerance."""
        return self._claim(text, paper, lambda difference: difference <= TOLERANCE)

    def _claim(self, text: str, paper: float | str | None, is_so: Callable[[float], bool]) -> Claim:
        agreed = {is_so(difference) for difference in self.differences}  # nothing is so of what is no number
        holds = agreed.pop() if len(agreed) == 1 else None
        return Claim(text, paper, self.mean, self.standard_error, holds, self.unit)

"""Numbers that stand below one another."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from genloop.numerals import FEWEST_DIGITS, Sign, decimals_of, fixed, is_exact, unsigned

USUAL_DECIMALS = 3
SMALL = 0.1  # if all numbers are below it, they have more decimals
LARGE = 100.0  # a number from it on has none


@dataclass(frozen=True)
class NumberColumn:
    """How some numbers are written.

    Attributes:
        decimals: three or, of numbers that are all small, so many that the largest has three digits.
    """

    decimals: int

    @classmethod
    def of(cls, values: Iterable[float | None]) -> Self:
        """Return the column that shows these values well; None is one that is not finite."""
        largest = max((abs(value) for value in values if value is not None), default=0.0)
        return cls(decimals_of(largest, FEWEST_DIGITS) if 0 < largest < SMALL else USUAL_DECIMALS)

    def number(self, value: float, error: float | None = None) -> str:
        """Return a number and, where it is known, its standard error in two digits."""
        if error is None:
            return self._written(value, value)
        if self.decimals > USUAL_DECIMALS or abs(value) >= LARGE or is_exact(value, error):
            return unsigned(value, error)
        return f"{self._written(value, value)} ± {fixed(error, decimals_of(error, 2))}"

    def change(self, first: float, last: float) -> str:
        """Return how much higher a number is than the first, in as many decimals as both of them have."""
        return self._written(last - first, max(first, last, key=abs), "+")

    def _written(self, value: float, level: float, sign: Sign = "-") -> str:
        return fixed(value, 0 if abs(level) >= LARGE else self.decimals, sign)

"""Numbers as people write them."""

import math
from typing import Literal

MINUS = "\N{MINUS SIGN}"
FEWEST_DIGITS = 3  # significant, of a number whose error is unknown


def signed(value: float, margin: float | None = None) -> str:
    """Return a number with its sign and, where it is known, half the width of its interval, in two digits.

    The number has as many decimals as its margin.
    """
    return _written("+", value, margin)


def unsigned(value: float, margin: float) -> str:
    """Return a number and half the width of its interval in the same way, without a plus."""
    return _written("-", value, margin)


def plain(value: float, digits: int = 4) -> str:
    """Return a number in so many significant digits."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def _written(sign: Literal["+", "-"], value: float, margin: float | None) -> str:
    size = FEWEST_DIGITS if margin is None else 2
    decimals = _decimals(value if margin is None else margin, size)
    text = f"{value:{sign},.{decimals}f}".replace("-", MINUS)
    return text if margin is None else f"{text} ± {margin:,.{decimals}f}"


def _decimals(value: float, digits: int) -> int:
    """Return the decimals that leave so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else digits

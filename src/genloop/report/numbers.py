"""Numbers as people write them."""

import math

MINUS = "\N{MINUS SIGN}"
FEWEST_DIGITS = 3  # significant, of a number whose error is unknown


def signed(value: float, margin: float | None = None) -> str:
    """Return a number with its sign and, where it is known, half the width of its interval, in two digits.

    The number has as many decimals as its margin.
    """
    size = FEWEST_DIGITS if margin is None else 2
    decimals = _decimals(value if margin is None else margin, size)
    text = f"{value:+,.{decimals}f}".replace("-", MINUS)
    return text if margin is None else f"{text} ± {margin:,.{decimals}f}"


def plain(value: float, digits: int = 4) -> str:
    """Return a number in so many significant digits."""
    return f"{value:.{digits}g}".replace("-", MINUS)


def _decimals(value: float, digits: int) -> int:
    """Return the decimals that leave so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else digits

"""Numbers as people write them."""

import math
from typing import Literal

MINUS = "\N{MINUS SIGN}"
FEWEST_DIGITS = 3  # significant, of a number whose error is unknown
LEAST_ERROR = 1e-6  # relative; below it a number is not written down to its error
MOST_DECIMALS = 8  # beyond them a number has four significant digits and, if need be, an exponent

Sign = Literal["+", "-"]  # before every number, or before negative ones only


def signed(value: float, margin: float | None = None) -> str:
    """Return a number with its sign and, where it is known, half the width of its interval, in two digits.

    The number has as many decimals as its margin, unless these are more than anybody reads.
    """
    return _written("+", value, margin)


def unsigned(value: float, margin: float) -> str:
    """Return a number and half the width of its interval in the same way, without a plus."""
    return _written("-", value, margin)


def plain(value: float, digits: int = 4) -> str:
    """Return a number in so many significant digits."""
    return _dashed(f"{value:.{digits}g}")


def fixed(value: float, decimals: int, sign: Sign = "-") -> str:
    """Return a number with so many decimals, unless these are more than anybody reads."""
    return _dashed(f"{value:{sign},.{decimals}f}" if decimals <= MOST_DECIMALS else f"{value:{sign}.4g}")


def decimals_of(value: float, digits: int) -> int:
    """Return the decimals that leave so many significant digits."""
    return max(0, digits - 1 - math.floor(math.log10(abs(value)))) if value else digits


def is_exact(value: float, margin: float) -> bool:
    """Whether a number is known to more digits than anybody reads."""
    return margin < LEAST_ERROR * abs(value)


def duration(seconds: float) -> str:
    """Return a time as people write it."""
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = seconds / 60
    return f"{minutes:.0f} min" if minutes < 100 else f"{minutes / 60:.1f} h"


def size(num_bytes: float) -> str:
    """Return a number of bytes as people write it."""
    for unit in ("B", "kB", "MB"):
        if num_bytes < 1000:
            return f"{num_bytes:.0f} {unit}"
        num_bytes /= 1000
    return f"{num_bytes:.1f} GB"


def _written(sign: Sign, value: float, margin: float | None) -> str:
    if margin is None:
        return fixed(value, decimals_of(value, FEWEST_DIGITS), sign)
    decimals = decimals_of(margin, 2)
    if is_exact(value, margin) or decimals > MOST_DECIMALS:
        return f"{_dashed(f'{value:{sign}.4g}')} ± {margin:.1g}"
    return f"{fixed(value, decimals, sign)} ± {fixed(margin, decimals)}"


def _dashed(text: str) -> str:
    """Return the text of a number with a minus sign before it; the hyphen of an exponent stays."""
    return text.replace("-", MINUS, text.startswith("-"))

"""How far the values of several seeds lie apart."""

from collections.abc import Sequence
from statistics import stdev


def standard_error(values: Sequence[float], recorded: float | None = None) -> float | None:
    """Return the standard error of the mean over seeds or, of a single one, that which its metric recorded."""
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else recorded

"""Averages over independent loops, with the standard error of the average."""

from collections.abc import Mapping

import numpy as np

from genloop.values import Measured


def average(values: Mapping[str, np.ndarray]) -> dict[str, Measured]:
    """Return for every value, shape (replicate,), its mean and standard error; NaN for the error of one replicate."""
    return {name: Measured(float(np.mean(each)), standard_error(each)) for name, each in values.items()}


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of independent values; NaN if there is one only."""
    if len(values) < 2 or not np.isfinite(values).all():
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))

"""Averages over independent loops, with the standard error of the average beside them."""

from collections.abc import Mapping

import numpy as np

from genloop.types import STANDARD_ERROR


def with_errors(units: Mapping[str, str]) -> dict[str, str]:
    """Return the units of some values, then those of their standard errors."""
    return {**units, **{name + STANDARD_ERROR: unit for name, unit in units.items()}}


def average(values: Mapping[str, np.ndarray]) -> dict[str, float]:
    """Return for every value, shape (replicate,), its mean and standard error; NaN for the error of one replicate."""
    means = {name: float(np.mean(each)) for name, each in values.items()}
    errors = {name + STANDARD_ERROR: standard_error(each) for name, each in values.items()}
    return {**means, **errors}


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of independent values; NaN if there is one only."""
    if len(values) < 2 or not np.isfinite(values).all():
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))

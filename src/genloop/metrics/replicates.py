"""Averages over independent loops, with the standard error of the average and how the loops lie around it."""

from collections.abc import Mapping

import numpy as np

from genloop.values import Measured, Quantiles


def average(values: Mapping[str, np.ndarray]) -> dict[str, Measured]:
    """Return for every value its mean over replicates with its standard error and, of two or more, the quantiles.

    Args:
        values: by name, shape (replicate,); or (replicate, example), of which each replicate counts by its mean. Of a
            single replicate the error is over examples, which are independent too, and NaN where there are none.
    """
    return {name: _of_replicates(each) for name, each in values.items()}


def mean(values: np.ndarray) -> Measured:
    """Return the mean of independent values, with its standard error."""
    return Measured(float(np.mean(values)), standard_error(values))


def standard_error(values: np.ndarray) -> float:
    """Return the standard error of the mean of independent values; NaN if there is one only."""
    if len(values) < 2 or not np.isfinite(values).all():
        return float("nan")
    return float(np.std(values, ddof=1) / np.sqrt(len(values)))


def quantiles(values: np.ndarray) -> Quantiles | None:
    """Return the quantiles of some values, between neighbours by linear interpolation; None of fewer than two.

    Infinite values are the largest or the least there are, so that a median may be finite where the mean is not.
    """
    if len(values) < 2 or np.isnan(values).any():
        return None
    ordered = np.sort(values)
    place = np.array(Quantiles.LEVELS) * (len(values) - 1)
    low, high = ordered[np.floor(place).astype(int)], ordered[np.ceil(place).astype(int)]
    with np.errstate(invalid="ignore"):
        between = low + (place - np.floor(place)) * (high - low)
    return Quantiles(*np.where(low == high, low, between).tolist())


def _of_replicates(values: np.ndarray) -> Measured:
    if values.ndim == 2:
        if len(values) == 1:
            return mean(values[0])
        values = values.mean(axis=1)
    found = mean(values)
    return Measured(found.value, found.standard_error, quantiles(values))

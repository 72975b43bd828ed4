"""Columns of real data that have no density, or one without a bound: whatever is fitted to them is rounding error.

Totals, percentages and one-hot columns follow from the others, to the last digit or to the digit that they are rounded
to. Columns of a few values let a component of a mixture shrink onto one of them.
"""

from collections.abc import Iterator

import numpy as np

from genloop.data.arrays import ArrayDataset

EXACT = 1e-9  # share of a column's standard deviation that counts as nothing
SINGLE = 32 * float(np.finfo(np.float32).eps)  # the same, of numbers of single precision
PROMISING = 0.05  # share of a column's variance that the others must leave for a closer look
FINE = 0.1  # a column is rounded to at most so many of its standard deviations, or counts as coarse
ROUNDING = 2.0  # times what rounding leaves is still left by rounding
MOST_DIGITS = 9  # behind the point
COMMON = 0.05  # share of the rows that one value of a column may have
BY_ROUNDING = 3  # rows that have one value where few rows are rounded to some digits


def dependence(train: ArrayDataset) -> Iterator[str]:
    """Iterate over what is wrong with real data whose columns follow from one another: nothing, or one sentence."""
    rows = np.asarray(train.read()[0], float)
    if train.truth is not None or len(rows) <= rows.shape[1] + 1:
        return
    found = dependent_column(rows)
    if found:
        column, others = found
        listed = ", ".join(train.called(other) for other in others)
        yield (
            f"Of the training data, {train.called(column)} follows from {listed} by sums and multiples, so they have "
            "no density, and a loss would be rounding error. Leave it out, with columns=[...]."
        )


def commonness(train: ArrayDataset) -> Iterator[str]:
    """Iterate over what is wrong with real data for a mixture: a sentence for each column with too common a value."""
    rows = np.asarray(train.read()[0], float)
    if train.truth is not None:
        return
    for column, cells in enumerate(rows.T):
        values, counts = np.unique(cells, return_counts=True)
        if counts.max() > max(BY_ROUNDING, COMMON * len(rows)):
            yield (
                f"Of the training data, {train.called(column)} is {values[counts.argmax()]:g} in {counts.max():,} of "
                f"{len(rows):,} rows, onto which a component of a mixture shrinks without end. Leave it out, with "
                "columns=[...], or use another estimator."
            )


def dependent_column(rows: np.ndarray) -> tuple[int, list[int]] | None:
    """Return the first column of rows, shape (row, column), that follows from earlier ones, and which; None if none.

    It follows if a linear combination of the others leaves no more of it than rounding does.
    """
    mean, deviation = rows.mean(axis=0), rows.std(axis=0)
    scaled = (rows - mean) / np.where(deviation > 0, deviation, 1)
    correlation = scaled.T @ scaled / len(rows)
    steps = np.array([_step(column) for column in rows.T])
    exact = _precision(rows) * (1 + np.abs(mean) / np.where(deviation > 0, deviation, 1))
    kept: list[int] = []
    for column in range(rows.shape[1]):
        guess = np.linalg.lstsq(correlation[np.ix_(kept, kept)], correlation[kept, column], rcond=None)[0]
        if 1 - guess @ correlation[kept, column] < PROMISING:
            factors = np.linalg.lstsq(scaled[:, kept], scaled[:, column], rcond=None)[0]
            left = np.sqrt(np.mean((scaled[:, column] - scaled[:, kept] @ factors) ** 2))
            places, weights = [*kept, column], np.append(factors, 1.0)
            noise = _rounding_noise(weights, steps[places], deviation[places])
            if left <= max(np.abs(weights) @ exact[places], ROUNDING * noise):
                used = np.abs(factors) > max(1e-6, ROUNDING * noise)
                return column, [place for place, is_used in zip(kept, used, strict=True) if is_used]
        kept.append(column)
    return None


def _rounding_noise(weights: np.ndarray, steps: np.ndarray, deviation: np.ndarray) -> float:
    """Return the deviation that rounding to `steps` leaves of a sum that is 0; 0 where columns are coarse."""
    relative = steps / np.where(deviation > 0, deviation, 1)
    if np.any(relative[np.abs(weights) > 1e-6] > FINE):
        return 0.0
    return float(np.sqrt(np.sum((weights * relative) ** 2) / 12))


def _step(column: np.ndarray) -> float:
    """Return the power of ten, at most 1, that all numbers of a column are whole multiples of; 0 for none."""
    for digits in range(MOST_DIGITS + 1):
        scaled = column * 10.0**digits
        if np.abs(scaled).max() < 1e12 and np.abs(scaled - np.rint(scaled)).max() < 1e-3:
            return 10.0**-digits
    return 0.0


def _precision(rows: np.ndarray) -> float:
    with np.errstate(over="ignore"):
        return SINGLE if np.array_equal(rows, rows.astype(np.float32)) else EXACT

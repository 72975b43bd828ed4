"""The question asked backwards: which values of a policy's parameter keep the error in bounds."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from genloop.theory.curve import Array, Curve

NUM_TRIED = 14  # values on each side of a half, and of amounts
LEAST_TRIED, MOST_TRIED = 1e-9, 1e3  # of shares, and of amounts in units of T
PRECISION = 1e-6  # relative, of the ends of a range
BEST_PRECISION = 1e-4  # relative: near the best value the error hardly changes
GOLDEN = (5**0.5 - 1) / 2


@dataclass(frozen=True)
class Solution:
    """Which values of a parameter keep the error of the last iteration in bounds.

    Attributes:
        ranges: the first and the last value of each range of them; in between, values were tried.
        tried: the least and the greatest value that were tried.
        best: the value with the least error.
        best_error: its error, as a multiple of iteration 1.
    """

    ranges: tuple[tuple[float, float], ...]
    tried: tuple[float, float]
    best: float
    best_error: float


def solve_share(curve_at: Callable[[float], Curve], *, max_increase: float) -> Solution:
    """Return the solution for a parameter between 0 and 1.

    Args:
        curve_at: the curve for a value, such as `lambda real: error_curve(Mix(real), 20)`.
        max_increase: allowed increase of the last iteration over iteration 1; 0.1 is ten percent.
    """
    low = np.geomspace(LEAST_TRIED, 0.5, NUM_TRIED)
    return _solve(curve_at, np.unique(np.concatenate([low, 1 - low, np.linspace(0.1, 0.9, 9)])), max_increase)


def solve_amount(curve_at: Callable[[float], Curve], *, max_increase: float) -> Solution:
    """Return the solution for a positive number of T, up to a thousand."""
    return _solve(curve_at, np.geomspace(LEAST_TRIED, MOST_TRIED, 3 * NUM_TRIED), max_increase)


def solve_size(curve_at: Callable[[int], Curve], most: int, *, max_increase: float) -> Solution:
    """Return the solution for a whole number from 1 to `most`, of which more is never worse, as of sources kept."""
    low, high, error = 0, most, float(curve_at(most).values[-1])
    if error > 1 + max_increase:
        return Solution((), (1, most), most, error)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if curve_at(middle).values[-1] <= 1 + max_increase else (middle, high)
    return Solution(((high, most),), (1, most), most, error)


def smallest_real_share(curve_at: Callable[[float], Curve], *, max_increase: float) -> float | None:
    """Return the least real share whose curve ends at most at 1 + `max_increase`; None if none does."""
    ranges = solve_share(curve_at, max_increase=max_increase).ranges
    return ranges[0][0] if ranges else None


def _solve(curve_at: Callable[[float], Curve], values: Array, max_increase: float) -> Solution:
    def error(value: float) -> float:
        return float(curve_at(value).values[-1])

    errors = [error(float(value)) for value in values]
    place = int(np.argmin(errors))
    tried = dict(zip(map(float, values), errors, strict=True))
    if 0 < place < len(values) - 1:
        best = _best(error, float(values[place - 1]), float(values[place + 1]))
        tried[best] = error(best)
    at = sorted(tried)
    bound, last = 1 + max_increase, len(at) - 1
    ranges = tuple(
        (
            at[first] if first == 0 else _edge(error, at[first], at[first - 1], bound),
            at[end] if end == last else _edge(error, at[end], at[end + 1], bound),
        )
        for first, end in _runs(np.array([tried[value] <= bound for value in at]))
    )
    best = min(tried, key=lambda value: tried[value])
    return Solution(ranges, (at[0], at[-1]), best, tried[best])


def _runs(enough: np.ndarray) -> list[tuple[int, int]]:
    """Return the first and the last place of each run of true values."""
    change = np.flatnonzero(np.diff(np.concatenate([[False], enough, [False]]).astype(int)))
    return [(int(first), int(end) - 1) for first, end in change.reshape(-1, 2)]


def _edge(error: Callable[[float], float], inside: float, outside: float, bound: float) -> float:
    """Return the end of a range between a value that is enough and one that is not; what is returned is enough."""
    while abs(outside - inside) > PRECISION * min(inside, outside):
        middle = (inside * outside) ** 0.5
        inside, outside = (middle, outside) if error(middle) <= bound else (inside, middle)
    return inside


def _best(error: Callable[[float], float], low: float, high: float) -> float:
    """Return where the error is least between two values, by golden sections."""
    one, other = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
    of_one, of_other = error(one), error(other)
    while high - low > BEST_PRECISION * high:
        if of_one < of_other:
            high, other, of_other = other, one, of_one
            one = high - GOLDEN * (high - low)
            of_one = error(one)
        else:
            low, one, of_one = one, other, of_other
            other = low + GOLDEN * (high - low)
            of_other = error(other)
    return (low + high) / 2

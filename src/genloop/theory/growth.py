"""How a curve goes on after its end, read off its own increments."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from genloop.errors import UserError
from genloop.theory.curve import Array, Curve

FEWEST = 8  # iterations; fewer increments do not show their law
TOLERANCE = 0.1  # of the exponent of the increments


@dataclass(frozen=True)
class Growth:
    """The law that the increments of a curve follow at its end.

    Attributes:
        law: `power` is any exponent but 0 and 1; `unsettled` asks for a longer curve. `exponential` is for measured
            curves: no policy's error follows it.
        exponent: the curve grows like iteration^exponent; 0 if bounded or logarithmic, None if there is none.
        limit: where a bounded curve ends, else None.
    """

    law: Literal["bounded", "logarithmic", "linear", "power", "exponential", "unsettled"]
    exponent: float | None
    limit: float | None = None


def growth_law(curve: Curve) -> Growth:
    """Return the growth law of an error curve: increments n^-p, or a geometric sequence.

    p is read off twice, over the second and the last half of the curve's length. Where both agree the curve is
    bounded for p above 1, logarithmic at 1, linear at 0; where p doubles the increments are geometric. This is an
    extrapolation: predict a hundred iterations or more to ask for it.

    Raises:
        UserError: if the curve has fewer than 8 iterations.
    """
    num_iterations = len(curve.values)
    if num_iterations < FEWEST:
        raise UserError(f"{num_iterations} iterations do not show a growth law. Predict at least {FEWEST}.")
    steps = np.diff(curve.values)
    if abs(steps[-1]) <= 1e-12 * curve.values[-1]:
        return Growth("bounded", 0.0, float(curve.values[-1]))
    if np.any(steps * steps[-1] <= 0):
        return Growth("unsettled", None)

    before = _decay(steps, num_iterations // 4, num_iterations // 2)
    decay = _decay(steps, num_iterations // 2, num_iterations)
    if abs(decay - before) > TOLERANCE:
        return _geometric(curve) if decay > 1.5 * before > 0 else Growth("unsettled", None)
    if decay > 1 + TOLERANCE:
        rest = steps[-1] * (num_iterations / (decay - 1) - 0.5)  # sum of n^-p beyond the end, by Euler and Maclaurin
        return Growth("bounded", 0.0, float(curve.values[-1] + rest))
    if decay > 1 - TOLERANCE:
        return Growth("logarithmic", 0.0)
    return Growth("linear", 1.0) if decay < TOLERANCE else Growth("power", 1 - decay)


def _decay(steps: Array, first: int, last: int) -> float:
    """Return p if the increments into iterations `first` and `last` fall like n^-p."""
    return float(np.log(steps[first - 2] / steps[last - 2]) / np.log(last / first))


def _geometric(curve: Curve) -> Growth:
    steps = np.diff(curve.values)
    ratio = steps[-1] / steps[-2]
    return Growth("bounded", 0.0, float(curve.values[-1] + steps[-1] * ratio / (1 - ratio)))

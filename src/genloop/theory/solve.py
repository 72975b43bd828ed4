"""The question asked backwards: how much real data keeps the error in bounds."""

from collections.abc import Callable

import numpy as np

from genloop.theory.curve import Curve


def smallest_real_share(curve_at: Callable[[float], Curve], *, max_increase: float) -> float | None:
    """Return the least real share whose curve ends at most at 1 + `max_increase`, to 1e-6; None if none does.

    Args:
        curve_at: the curve for a real share between 0 and 1, such as `lambda real: error_curve(Mix(real), 20)`.
        max_increase: allowed increase of the last iteration over iteration 1; 0.1 is ten percent.
    """
    grid = np.linspace(0, 1, 102)[1:-1]
    enough = (share for share in grid if curve_at(share).values[-1] <= 1 + max_increase)
    high = next(enough, None)
    if high is None:
        return None
    low = high - grid[0]
    while high - low > 1e-6:
        middle = (low + high) / 2
        low, high = (low, middle) if curve_at(middle).values[-1] <= 1 + max_increase else (middle, high)
    return float(high)

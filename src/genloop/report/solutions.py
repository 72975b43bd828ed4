"""Which values of a policy's parameter keep the error in bounds: theory's answer as a sentence and as JSON."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from genloop.errors import UserError
from genloop.policies import Policy
from genloop.policy_text import parameter_type, policy_without
from genloop.theory.curve import Curve
from genloop.theory.propagate import error_curve
from genloop.theory.solve import Solution, solve_amount, solve_share, solve_size

NAMES = {("real", True): "real share", ("real", False): "real amount", ("synthetic", False): "synthetic amount"}
LONGEST = 1000  # iterations for which hundreds of curves are computed in seconds


@dataclass(frozen=True)
class Answer:
    """Which values of one parameter keep the error of the last iteration in bounds.

    Attributes:
        policy: as it was written, without the parameter.
        parameter: its name.
        num_iterations: length of the loop.
        max_increase: over iteration 1.
        solution: the values.
    """

    policy: str
    parameter: str
    num_iterations: int
    max_increase: float
    solution: Solution

    def text(self) -> str:
        """Return the answer in one sentence; a best value is named where it is not the greatest or the least."""
        found, name = self.solution, NAMES.get((self.parameter, self._is_share), self.parameter)
        bound = f"within {100 * self.max_increase:,.6g}% of iteration 1 after {self.num_iterations:,} iterations"
        best = f" Best is {found.best:.4g}, with {found.best_error:.4g} times the error of iteration 1."
        best = "" if any(math.isclose(found.best, each, rel_tol=1e-3) for each in found.tried) else best
        if not found.ranges:
            return f"{self.policy}: no {name} keeps the error {bound}.{best} Accumulate, or collect more real data."
        if found.ranges == (found.tried,):
            return f"{self.policy}: every {name}, from {found.tried[0]:.4g} on, keeps the error {bound}.{best}"
        ranges = " or ".join(self._range(*each) for each in found.ranges)
        return f"{self.policy}: a {name} of {ranges} keeps the error {bound}.{best}"

    @property
    def _is_share(self) -> bool:
        return self.solution.tried[1] < 1

    def _range(self, low: float, high: float) -> str:
        least, most = self.solution.tried
        if high == most:
            return f"{_up(low):.12g} or more"
        return f"{_down(high):.12g} or less" if low == least else f"{_up(low):.12g} to {_down(high):.12g}"

    def as_json(self) -> dict[str, Any]:
        """Return the answer for programs; the parameter's own name holds the least value that is enough."""
        ranges = self.solution.ranges
        return {
            "policy": self.policy, "parameter": self.parameter, "num_iterations": self.num_iterations,
            "max_increase": self.max_increase, self.parameter: ranges[0][0] if ranges else None,
            "ranges": [list(each) for each in ranges], "best": self.solution.best,
            "best_error_ratio": self.solution.best_error,
        }  # fmt: skip


def solve(written: str, parameter: str, num_iterations: int, max_increase: float) -> Answer:
    """Return which values of a parameter that `written` leaves out, as `mix` the share, keep the error in bounds.

    Raises:
        UserError: if the policy has no such parameter, gives it, or lacks another, or a bound is none.
    """
    if num_iterations > LONGEST:
        raise UserError(
            f"--solve computes hundreds of curves: at most {LONGEST:,} --iterations, not {num_iterations:,}."
        )
    if not 0 < max_increase < math.inf:
        raise UserError(f"--max-increase {max_increase} allows no increase, or any. Use more than 0, such as 0.1.")
    make = policy_without(written, parameter)

    def curve_at(value: float) -> Curve:
        return error_curve(make(value), num_iterations)

    if parameter_type(written, parameter) is int:
        found = solve_size(curve_at, num_iterations, max_increase=max_increase)
    else:
        search = solve_share if _is_share(make) else solve_amount
        found = search(curve_at, max_increase=max_increase)
    return Answer(written.strip(), parameter, num_iterations, max_increase, found)


def _is_share(make: Callable[[float], Policy]) -> bool:
    """Whether a parameter lies between 0 and 1: the policy takes a half, but not 2."""
    make(0.5)
    try:
        make(2.0)
    except UserError:
        return True
    return False


def _up(value: float) -> float:
    """Return four digits that are not below a value, so that what is shown is enough."""
    return _rounded(value, math.ceil)


def _down(value: float) -> float:
    return _rounded(value, math.floor)


def _rounded(value: float, towards: Callable[[float], int]) -> float:
    """Return a value to four digits of its distance from 0 and, of a share, from 1."""
    if isinstance(value, int):
        return value
    scale = 10.0 ** (3 - math.floor(math.log10(min(value, 1 - value) if 0.5 < value < 1 else value)))
    return towards(value * scale) / scale

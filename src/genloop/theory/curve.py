"""What a prediction is: numbers per iteration and what they rest on, and the register of all results."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Literal, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Basis:
    """What a result rests on.

    Attributes:
        assumptions: what must hold for it.
        exact: where it is exact rather than asymptotic.
        reference: theorem or equation, and arXiv id.
        status: quoted from the reference, derived in docs/theory.md, or a condition that nobody can measure.
    """

    assumptions: str
    exact: str
    reference: str
    status: Literal["quoted", "derived here", "condition only"]


@dataclass(frozen=True, eq=False)
class Curve:
    """A prediction for iterations 1 to n.

    Attributes:
        values: one number per iteration, shape (iteration,).
        meaning: what the numbers are, with their unit.
        basis: what they rest on.
        holds: whether they hold at the sizes that were asked for, rather than only in a limit.
        standard_error: of values that were simulated, shape (iteration,).
    """

    values: Array
    meaning: str
    basis: Basis
    holds: bool = True
    standard_error: Array | None = None


@dataclass(frozen=True)
class Result:
    """One row of the table of results.

    Attributes:
        name: the function's, written with hyphens.
        statement: the first line of its docstring.
        function: computes the result.
        basis: what it rests on.
    """

    name: str
    statement: str
    function: Callable[..., object]
    basis: Basis


def count_iterations(num_iterations: int) -> Array:
    """Return 1 to `num_iterations`, ready for division."""
    return np.arange(1.0, num_iterations + 1)


RESULTS: dict[str, Result] = {}


def result(basis: Basis) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Enter a function into the table of results under its own name, written with hyphens."""

    def enter(function: Callable[P, R]) -> Callable[P, R]:
        name = function.__name__.replace("_", "-")
        statement = (function.__doc__ or "").partition("\n")[0]
        RESULTS[name] = Result(name, statement, function, basis)
        return function

    return enter


def curve_result(meaning: str, basis: Basis) -> Callable[[Callable[P, Array]], Callable[P, Curve]]:
    """Make a function of values per iteration return a `Curve`, and enter it into the table of results."""

    def enter(function: Callable[P, Array]) -> Callable[P, Curve]:
        @wraps(function)
        def as_curve(*args: P.args, **kwargs: P.kwargs) -> Curve:
            return Curve(function(*args, **kwargs), meaning, basis)

        return result(basis)(as_curve)

    return enter

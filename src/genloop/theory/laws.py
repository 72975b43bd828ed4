"""The laws by which errors grow, each as a curve that is zero at iteration 1, up to a start and an amount.

A measured value is start + amount x rise(n) + noise. Where theory has a proof, the mechanism names it; a law fitted to
a measured curve is a diagnosis, no proof.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

from genloop.theory.curve import Array

LawName = Literal["bounded", "logarithmic", "linear", "power", "exponential"]

LAW_NAMES: tuple[LawName, ...] = get_args(LawName)


@dataclass(frozen=True)
class Law:
    """One law of growth, its shape fixed.

    Attributes:
        name: which.
        rise: the curve at some iterations, of any amount; 0 at iteration 1.
        exponent: of the iteration, for those that are powers of it.
        end: what the curve tends to, for a bounded law.
    """

    name: LawName
    rise: Callable[[Array], Array]
    exponent: float | None = None
    end: float | None = None

    def design(self, iterations: Array) -> Array:
        """Return the columns whose coefficients are start and amount, shape (iteration, 2), or the first alone."""
        start = np.ones((len(iterations), 1))
        return start if self.is_constant else np.column_stack([start, self.rise(iterations)])

    def limit(self, coefficients: Array) -> float | None:
        """Return where a curve with these coefficients ends; None if it does not."""
        return None if self.end is None else float(coefficients[0] + coefficients[1:].sum() * self.end)

    @property
    def mechanism(self) -> str:
        """What a curve that follows this law does, in words; why is for whoever knows the policy to say."""
        if self.is_constant:
            return "nothing changes from iteration to iteration beyond the noise"
        if self.name == "power" and self.is_accelerating:
            return "each iteration adds more than the one before"
        return MECHANISMS[self.name]

    @property
    def is_constant(self) -> bool:
        """Whether nothing changes."""
        return self.end == 0

    @property
    def is_accelerating(self) -> bool:
        """Whether each iteration adds more than the one before."""
        return self.name == "exponential" or (self.exponent is not None and self.exponent > 1)


MECHANISMS: dict[LawName, str] = {
    "bounded": "each iteration adds less than the one before, so much less that the sum has an end",
    "logarithmic": "iteration n adds about 1/n of what the first one did",
    "linear": "each iteration adds as much as the one before",
    "power": "each iteration adds less than the one before, but without an end",
    "exponential": "each iteration multiplies what the one before added",
}


def constant() -> Law:
    """Return the law of what does not change."""
    return Law("bounded", np.zeros_like, exponent=0.0, end=0.0)


def partial_sums(power: float) -> Law:
    """Return sum_{k=2..n} k^-power: bounded for a power above 1 (accumulate has 2), logarithmic at 1 (H_n - 1)."""

    def rise(iterations: Array) -> Array:
        terms = np.arange(1.0, iterations.max() + 1) ** -power
        return np.cumsum(terms)[iterations.astype(int) - 1] - 1

    if power == 1:
        return Law("logarithmic", rise, exponent=0.0)
    return Law("bounded", rise, exponent=0.0, end=_zeta(power) - 1)


def approach(factor: float) -> Law:
    """Return 1 - factor^(n-1): a geometric approach to 1, as with a fixed share of real data."""
    return Law("bounded", lambda iterations: 1 - factor ** (iterations - 1), exponent=0.0, end=1.0)


def power(exponent: float) -> Law:
    """Return n^exponent - 1; linear for 1."""
    name = "linear" if exponent == 1 else "power"
    return Law(name, lambda iterations: iterations**exponent - 1, exponent=exponent)


def exponential(factor: float) -> Law:
    """Return factor^(n-1) - 1 for a factor above 1."""
    return Law("exponential", lambda iterations: factor ** (iterations - 1) - 1)


def expected(values: Array, name: LawName, limit: float | None) -> Law:
    """Return the law of theory's own curve for a policy, which has values from iteration 1 on."""
    end = None if limit is None else limit - float(values[0])
    return Law(name, lambda iterations: values[iterations.astype(int) - 1] - values[0], end=end)


def _zeta(power: float, *, num_terms: int = 1000) -> float:
    """Return sum_{k>=1} k^-power; the rest beyond the terms is by Euler and Maclaurin."""
    rest = num_terms ** (1 - power) / (power - 1) - num_terms**-power / 2
    return float(np.sum(np.arange(1.0, num_terms + 1) ** -power) + rest)


LAWS: tuple[Law, ...] = (  # no change first; shapes are as far apart as ten iterations can tell
    constant(),
    *map(partial_sums, (1.5, 2.0, 3.0)),
    *map(approach, (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95)),
    partial_sums(1.0),
    power(1.0),
    *map(power, (0.2, 0.35, 0.5, 0.65, 0.8, 1.25, 1.5, 2.0)),
    *map(exponential, (1.1, 1.2, 1.35, 1.5, 2.0)),
)

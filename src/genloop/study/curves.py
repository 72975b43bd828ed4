"""One metric of several loops, by name, policy, iteration and seed."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import mean

from genloop.analysis.series import Curve
from genloop.policies import Policy
from genloop.policy_text import policy_name
from genloop.study.differences import Difference

Place = tuple[str, Policy, int]  # name of the loop, policy, iteration


@dataclass(frozen=True)
class Curves:
    """The values of a metric.

    Attributes:
        curves: for the name and the policy of every loop, its values by iteration, one for each seed.
        unit: of the values.
    """

    curves: Mapping[tuple[str, str], Curve]
    unit: str = ""

    @property
    def last(self) -> int:
        """The number of the last iteration of the longest loop."""
        return max(max(curve) for curve in self.curves.values())

    def curve(self, name: str, policy: Policy) -> Curve:
        """Return the values of one loop."""
        return self.curves[name, policy_name(policy)]

    def mean(self, name: str, policy: Policy, iteration: int) -> float:
        """Return a value, averaged over seeds."""
        return mean(math.nan if value is None else value for value in self._at((name, policy, iteration)))

    def change(self, name: str, policy: Policy, iteration: int) -> Difference:
        """Return how much a value has changed since iteration 1."""
        return self.difference((name, policy, iteration), (name, policy, 1))

    def difference(self, place: Place, other: Place) -> Difference:
        """Return how much higher the value at one place is than at another."""
        return Difference.between(self._at(place), self._at(other), self.unit)

    def _at(self, place: Place) -> Sequence[float | None]:
        name, policy, iteration = place
        return self.curve(name, policy)[iteration]

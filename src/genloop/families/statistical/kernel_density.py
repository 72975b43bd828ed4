"""Kernel density estimates: every training example, blurred."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Literal, get_args

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import KernelDensity
from genloop.data.numbers import NumberDomain
from genloop.errors import UserError, unknown_name
from genloop.families.statistical.degenerate import dependence
from genloop.families.statistical.model import NUMBER_BYTES, StatisticalEstimator, numbers_per_example, weighted_moments
from genloop.types import Cost

Rule = Literal["silverman", "scott", "sklearn-silverman", "sklearn-scott"]
RULES: tuple[Rule, ...] = get_args(Rule)


@dataclass(frozen=True)
class KDE(StatisticalEstimator[KernelDensity]):
    """A Gaussian kernel density. Its samples are wider than its data, so accumulating diverges like log t.

    Attributes:
        bandwidth: h, standard deviation of the kernel along every column, in the data's units; or a rule. `silverman`:
            (4 / ((d + 2) n))^(1 / (d + 4)) standard deviations of the training data along each column, where n is
            the number of equally weighted examples that say as much (Silverman 1986, eq. 4.14). `scott`:
            n^(-1 / (d + 4)) of them (Scott 1992, eq. 6.42). `sklearn-silverman`, `sklearn-scott`: the same factors
            in the data's units, whatever their standard deviation, as in scikit-learn.
    """

    citations: ClassVar[tuple[str, ...]] = ("silverman1986density", "kazdan2024collapse")

    kind: ClassVar[type[KernelDensity]] = KernelDensity

    bandwidth: float | Rule = "silverman"

    def __post_init__(self) -> None:
        if isinstance(self.bandwidth, str) and self.bandwidth not in RULES:
            raise unknown_name("rule of the bandwidth", self.bandwidth, RULES)
        if not isinstance(self.bandwidth, str) and not 0 < self.bandwidth < np.inf:
            raise UserError(f"bandwidth={self.bandwidth} blurs nothing. Use a positive number, or silverman.")

    def requires(self, train: ArrayDataset, num_examples: int) -> Iterator[str]:
        if num_examples < 2 and self.bandwidth == "silverman":
            yield "bandwidth='silverman' takes the spread of a training set, and one example has none. Raise T."
        yield from dependence(train)

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> KernelDensity:
        values, weights = train.read(), train.read_weights()
        total = weights.sum(axis=1, keepdims=True)
        return KernelDensity(
            weights / total, values, self._bandwidths(train, total**2 / (weights**2).sum(axis=1)[:, None])
        )

    def _bandwidths(self, train: ArrayDataset, effective: np.ndarray) -> np.ndarray:
        """Return h for every replicate and column; `effective` is n, shape (replicate, 1)."""
        _, scatter, total = weighted_moments(train)
        deviation = np.sqrt(np.diagonal(scatter, axis1=1, axis2=2) / total)
        if not isinstance(self.bandwidth, str):
            return np.full_like(deviation, self.bandwidth)
        dimension = deviation.shape[1]
        constant = 4 / (dimension + 2) if self.bandwidth.endswith("silverman") else 1.0
        factor = (constant / effective) ** (1 / (dimension + 4))
        return np.broadcast_to(factor, deviation.shape) if self.bandwidth.startswith("sklearn") else deviation * factor

    def fit_cost(self, num_examples: int, domain: NumberDomain | None) -> Cost:
        numbers = num_examples * numbers_per_example(domain)
        return Cost(num_examples, float(self.operations * numbers), 2 * NUMBER_BYTES * numbers)

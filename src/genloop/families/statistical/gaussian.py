"""Normal distributions fitted by their first two moments."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import NormalMixture
from genloop.errors import UserError
from genloop.families.statistical.degenerate import dependence
from genloop.families.statistical.model import StatisticalEstimator, weighted_moments


@dataclass(frozen=True)
class Gaussian(StatisticalEstimator[NormalMixture]):
    """A normal distribution with a full covariance matrix.

    Maximum likelihood loses (1 - 1/n) of its variance at every iteration of replace; the unbiased fit keeps the
    expected variance but not the typical one (arXiv 2412.17646). A sampler narrowed by tau < 1 collapses under
    accumulate too, like t^-(1-tau).

    Attributes:
        unbiased: divide by n - 1 (for weighted examples by sum w - sum w^2 / sum w) instead of n.
        narrowing: tau, variance of the samples over that of the model.
    """

    theories: ClassVar[tuple[str, ...]] = ("mean of a Gaussian", "variance of a Gaussian")
    citations: ClassVar[tuple[str, ...]] = ("shumailov2023curse", "suresh2024rate")

    kind: ClassVar[type[NormalMixture]] = NormalMixture
    sampling: ClassVar[frozenset[str]] = frozenset({"narrowing"})

    unbiased: bool = False
    narrowing: float = 1.0

    def __post_init__(self) -> None:
        check_narrowing(self.narrowing)

    def requires(self, train: ArrayDataset, num_examples: int) -> Iterator[str]:
        if problem := _too_few(train.num_columns, num_examples):
            yield problem
        else:
            yield from dependence(train)

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> NormalMixture:
        mean, scatter, total = weighted_moments(train)
        if problem := _too_few(mean.shape[1], len(train)):
            raise UserError(problem)
        squares = sum((block.weights**2).sum(axis=1, keepdims=True) for block in train.blocks)
        divisor = total - squares / total if self.unbiased else total
        covariance = scatter / divisor[..., None]
        return NormalMixture(np.ones((len(mean), 1)), mean[:, None], covariance[:, None])

    def sampler(self, distribution: NormalMixture) -> NormalMixture:
        return distribution.narrowed(self.narrowing)


def _too_few(num_columns: int, num_examples: int) -> str:
    if num_examples > num_columns:
        return ""
    return (
        f"A covariance of {num_columns} columns cannot be fitted to {num_examples} examples. Raise num_samples (T) to "
        f"{num_columns + 1} or more, or choose fewer columns."
    )


def check_narrowing(narrowing: float) -> None:
    """Raise UserError if samples could not have this multiple of the model's variance."""
    if not 0 <= narrowing < np.inf:
        raise UserError(f"narrowing={narrowing} is no factor of a variance. Use 1 for none, or less, such as 0.8.")

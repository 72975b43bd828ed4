"""Mixtures of normal distributions, fitted by expectation and maximisation."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import NormalMixture
from genloop.errors import UserError
from genloop.families.statistical.degenerate import commonness, dependence
from genloop.families.statistical.gaussian import check_narrowing
from genloop.families.statistical.model import StatisticalEstimator, weighted_moments
from genloop.families.statistical.partition import partition

SMALLEST_VARIANCE = 1e-6  # of a column's; keeps a component from shrinking onto one example, where it has no maximum
# Steps of k-means before each start. The start that is likeliest after a few steps goes on (Biernacki, Celeux and
# Govaert 2003). Settled partitions do best with many components; those that only begin differ more, and do with few.
STARTS = (50, 50, 50, 50, 1, 1)
SHORT = 10  # of the few steps
SMALLEST_SHARE = 1e-12  # of a component, so that an empty one can still be divided by


@dataclass(frozen=True)
class GaussianMixture(StatisticalEstimator[NormalMixture]):
    """A mixture of normal distributions with full covariances; one component is the maximum-likelihood Gaussian.

    Starts from the best of some partitions by k-means, each begun from examples far apart (k-means++, Arthur and
    Vassilvitskii 2007): a fit that ends in a worse maximum would be taken for collapse. Every column is fitted in its
    own standard deviations, so a column in other units gives the same fit in other units.

    Attributes:
        num_components: normal distributions in the mixture.
        narrowing: tau, covariance of a component's samples over that of the component.
        num_steps: most steps of expectation and maximisation.
        tolerance: least gain of the mean log-likelihood per step, in nats, to go on for.
    """

    version: ClassVar[int] = 3  # starts from partitions
    citations: ClassVar[tuple[str, ...]] = ("arthur2007kmeans",)
    kind: ClassVar[type[NormalMixture]] = NormalMixture
    sampling: ClassVar[frozenset[str]] = frozenset({"narrowing"})
    operations: ClassVar[int] = 5000

    num_components: int = 2
    narrowing: float = 1.0
    num_steps: int = 100
    tolerance: float = 1e-5

    def __post_init__(self) -> None:
        check_narrowing(self.narrowing)
        if self.num_components < 1 or self.num_steps < 1:
            raise UserError(f"num_components={self.num_components} and num_steps={self.num_steps} must be at least 1.")

    def requires(self, train: ArrayDataset, num_examples: int) -> Iterator[str]:
        yield from self._too_few(num_examples)
        yield from dependence(train)
        if self.num_components > 1:
            yield from commonness(train)

    def _too_few(self, num_examples: int) -> Iterator[str]:
        if num_examples <= self.num_components:
            yield (
                f"{self.num_components} components cannot be fitted to {num_examples} examples. Raise num_samples (T), "
                "or lower num_components."
            )

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> NormalMixture:
        for problem in self._too_few(len(train)):
            raise UserError(problem)
        _, scatter, total = weighted_moments(train)
        scale = _deviations(scatter / total[..., None])
        values, weights = train.read() / scale[:, None], train.read_weights()
        smallest = SMALLEST_VARIANCE * np.eye(values.shape[-1])

        best: NormalMixture | None = None
        highest = np.full(len(values), -np.inf)
        for num_steps in STARTS if self.num_components > 1 else STARTS[:1]:
            parts = partition(values, weights, self.num_components, random, num_steps=num_steps)
            start = _maximised(parts * weights, values, smallest)
            found, likelihood = self._climbed(start, values, weights, num_steps=SHORT)
            higher = np.flatnonzero(likelihood > highest)
            best = found if best is None else _replaced(best, higher, _some(found, higher))
            highest = np.maximum(highest, likelihood)
        assert best is not None
        return self._climbed(best, values, weights, num_steps=self.num_steps)[0].scaled(scale)

    def _climbed(
        self, mixture: NormalMixture, values: np.ndarray, weights: np.ndarray, *, num_steps: int
    ) -> tuple[NormalMixture, np.ndarray]:
        """Return the mixture after so many steps, and the mean log-likelihood before the last; (replicate,).

        A replicate whose likelihood has settled takes no more, so its fit does not depend on the others.
        """
        likelihood = np.full(len(values), -np.inf)
        smallest = SMALLEST_VARIANCE * np.eye(values.shape[-1])
        going = np.arange(len(values))
        for _ in range(num_steps):
            joint = _some(mixture, going).log_joint(values[going])
            density = np.logaddexp.reduce(joint, axis=0)
            now = (weights[going] * density).sum(axis=1) / weights[going].sum(axis=1)
            better = _maximised(np.exp(joint - density) * weights[going], values[going], smallest)
            mixture = _replaced(mixture, going, better)
            is_settled = now - likelihood[going] < self.tolerance
            likelihood[going] = now
            going = going[~is_settled]
            if not len(going):
                break
        return mixture, likelihood

    def sampler(self, distribution: NormalMixture) -> NormalMixture:
        return distribution.narrowed(self.narrowing)


def _some(mixture: NormalMixture, replicates: np.ndarray) -> NormalMixture:
    return NormalMixture(*(array[replicates] for array in mixture.arrays().values()))


def _replaced(mixture: NormalMixture, replicates: np.ndarray, found: NormalMixture) -> NormalMixture:
    """Return a mixture that is another one in some replicates."""
    arrays = [array.copy() for array in mixture.arrays().values()]
    for array, others in zip(arrays, found.arrays().values(), strict=True):
        array[replicates] = others
    return NormalMixture(*arrays)


def _deviations(covariance: np.ndarray) -> np.ndarray:
    """Return the standard deviation of every column, shape (replicate, column); 1 of one that never varies."""
    variance = np.diagonal(covariance, axis1=1, axis2=2)
    return np.sqrt(np.where(variance > 0, variance, 1.0))


def _maximised(shares: np.ndarray, values: np.ndarray, smallest: np.ndarray) -> NormalMixture:
    """Return the most likely mixture given how much of every example each component owns.

    Args:
        shares: weighted responsibilities, shape (component, replicate, example).
        values: examples, shape (replicate, example, column).
        smallest: added to every covariance, shape (column, column).
    """
    owned = shares.sum(axis=2) + SMALLEST_SHARE  # (component, replicate)
    means = np.einsum("krn,rni->kri", shares, values) / owned[..., None]
    covariances = []
    for share, mean, total in zip(shares, means, owned, strict=True):
        centred = values - mean[:, None]
        scatter = (share[..., None] * centred).swapaxes(1, 2) @ centred
        covariances.append(scatter / total[:, None, None] + smallest)
    weights = (owned / owned.sum(axis=0)).T
    return NormalMixture(weights, means.swapaxes(0, 1), np.stack(covariances, axis=1))

"""Mixtures of normal distributions, fitted by expectation and maximisation."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import NormalMixture, draw_types
from genloop.errors import UserError
from genloop.families.statistical.gaussian import check_narrowing
from genloop.families.statistical.model import StatisticalEstimator, weighted_moments

SMALLEST_VARIANCE = 1e-6  # of a column's; keeps a component from shrinking onto one example, where it has no maximum
SMALLEST_SHARE = 1e-12  # of a component, so that an empty one can still be divided by


@dataclass(frozen=True)
class GaussianMixture(StatisticalEstimator):
    """A mixture of normal distributions with full covariances; one component is the maximum-likelihood Gaussian.

    Starts from examples far apart (k-means++, Arthur and Vassilvitskii 2007), each with the covariance of the data.
    Every column is fitted in its own standard deviations, so a column in other units gives the same fit in other units.

    Attributes:
        num_components: normal distributions in the mixture.
        narrowing: tau, covariance of a component's samples over that of the component.
        num_steps: most steps of expectation and maximisation.
        tolerance: least gain of the mean log-likelihood per step, in nats, to go on for.
    """

    version: ClassVar[int] = 2
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

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> NormalMixture:
        if len(train) <= self.num_components:
            raise UserError(
                f"{self.num_components} components cannot be fitted to {len(train)} examples. Raise num_samples (T), "
                "or lower num_components."
            )
        _, scatter, total = weighted_moments(train)
        covariance = scatter / total[..., None]
        scale = _deviations(covariance)
        values, weights = train.read() / scale[:, None], train.read_weights()
        smallest = SMALLEST_VARIANCE * np.eye(values.shape[-1])

        start = covariance / (scale[:, :, None] * scale[:, None]) + smallest
        mixture = NormalMixture(
            np.full((len(values), self.num_components), 1 / self.num_components),
            _starts(values, weights, self.num_components, random),
            np.repeat(start[:, None], self.num_components, axis=1),
        )
        before = np.full(len(values), -np.inf)
        for _ in range(self.num_steps):
            joint = mixture.log_joint(values)
            density = np.logaddexp.reduce(joint, axis=0)
            likelihood = (weights * density).sum(axis=1) / total[:, 0]
            mixture = _maximised(np.exp(joint - density) * weights, values, smallest)
            if np.all(likelihood - before < self.tolerance):
                break
            before = likelihood
        return mixture.scaled(scale)

    def sampler(self, distribution: NormalMixture) -> NormalMixture:
        return distribution.narrowed(self.narrowing)


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


def _starts(values: np.ndarray, weights: np.ndarray, num: int, random: np.random.Generator) -> np.ndarray:
    """Return examples drawn one by one with odds of the squared distance to those before; (replicate, num, column)."""
    replicate = np.arange(len(values))
    odds, chosen = weights, []
    for _ in range(num):
        chosen.append(values[replicate, draw_types(odds, 1, random)[:, 0]])
        squares = np.sum((values[:, :, None] - np.stack(chosen, axis=1)[:, None]) ** 2, axis=-1)
        distance = squares.min(axis=-1)
        odds = weights * np.where(distance.any(axis=1, keepdims=True), distance, 1.0)
    return np.stack(chosen, axis=1)

"""What all families of distributions share: a fit is arrays, a sample is one call, replicates run as a batch."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar, cast

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Categorical, KernelDensity, NormalMixture, Poisson
from genloop.data.numbers import NumberDomain
from genloop.errors import UserError
from genloop.identity import describe
from genloop.types import Context, Cost, Progress

AnyDistribution = NormalMixture | KernelDensity | Categorical | Poisson
FittedT = TypeVar("FittedT", bound=AnyDistribution)
NUMBER_BYTES = 8


@dataclass(frozen=True)
class StatisticalModel(Generic[FittedT]):
    """A fitted distribution for every replicate.

    Attributes:
        distribution: what was fitted.
        sampler: what samples are drawn from; another one where sampling narrows.
    """

    distribution: FittedT
    sampler: FittedT

    @property
    def status(self) -> str:
        return "fitted" if self.distribution.is_finite else "diverged"

    def sample(self, num: int, *, seed: int, conditions: ArrayDataset | None = None, context: Context) -> ArrayDataset:
        """Return `num` independent examples for every replicate."""
        if conditions is not None:
            raise UserError("A distribution is sampled without conditions; leave them out.")
        values = self.sampler.sample(num, np.random.Generator(np.random.Philox(seed)))
        context.report(Progress(num, num))
        return ArrayDataset.of(values)

    def save(self, directory: Path) -> None:
        self.distribution.save(directory)


@dataclass(frozen=True)
class StatisticalEstimator(ABC, Generic[FittedT]):
    """A family of distributions; a kind of family adds `estimate`, and `sampler` where sampling differs."""

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    offers: ClassVar[frozenset[str]] = frozenset({"distribution", "covariance"})
    sampling: ClassVar[frozenset[str]] = frozenset()  # names of the fields that change samples, not the fit
    kind: ClassVar[type[AnyDistribution]]
    operations: ClassVar[int] = 20  # per number in a fit, order of magnitude

    @abstractmethod
    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> FittedT:
        """Fit every replicate."""

    def sampler(self, distribution: FittedT) -> FittedT:
        return distribution

    def fit_identity(self, num_examples: int) -> object:
        return {name: value for name, value in describe(self).items() if name not in self.sampling}

    def sample_identity(self) -> object:
        return {"version": self.version, **{name: getattr(self, name) for name in sorted(self.sampling)}}

    def fit(self, train: ArrayDataset, *, seed: int, context: Context) -> StatisticalModel[FittedT]:
        """Fit every replicate, from the first example on; nothing of an earlier fit is used."""
        distribution = self.estimate(train, np.random.Generator(np.random.Philox(seed)))
        context.report(Progress(len(train), len(train)))
        return StatisticalModel(distribution, self.sampler(distribution))

    def load(self, directory: Path, domain: NumberDomain, context: Context) -> StatisticalModel[FittedT]:
        distribution = cast("FittedT", self.kind.load(directory))
        return StatisticalModel(distribution, self.sampler(distribution))

    def fit_cost(self, num_examples: int, domain: NumberDomain | None) -> Cost:
        numbers = num_examples * numbers_per_example(domain)
        return Cost(num_examples, float(self.operations * numbers))

    def sample_cost(self, num_examples: int, domain: NumberDomain | None) -> Cost:
        numbers = num_examples * numbers_per_example(domain)
        return Cost(num_examples, 20.0 * numbers, NUMBER_BYTES * numbers)


def numbers_per_example(domain: NumberDomain | None) -> int:
    """Return replicates times columns; 1 while the source is not prepared."""
    return domain.numbers_per_example if domain else 1


def weighted_moments(train: ArrayDataset) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return mean (replicate, column), scatter (replicate, column, column) and total weight (replicate, 1).

    The scatter is the weighted sum of squared deviations from the mean. Blocks are read one by one, so memory does
    not grow with the training set.
    """
    total = np.zeros((train.num_replicates, 1))
    mean = np.zeros((train.num_replicates, train.blocks[0].values.shape[-1]))
    scatter = np.zeros((*mean.shape, mean.shape[-1]))
    for block in train.blocks:
        weight = block.weights.sum(axis=1, keepdims=True)
        if not weight.any():
            continue
        block_mean = np.einsum("rn,rni->ri", block.weights, block.values) / weight
        centred = block.values - block_mean[:, None]
        shift = block_mean - mean
        between = (total * weight / (total + weight))[..., None] * shift[:, :, None] * shift[:, None]
        scatter += np.einsum("rn,rni,rnj->rij", block.weights, centred, centred, optimize=True) + between
        mean = mean + weight / (total + weight) * shift
        total = total + weight
    return mean, scatter, total

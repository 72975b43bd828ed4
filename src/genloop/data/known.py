"""Real data drawn from known distributions, so that what a loop forgets can be measured against the truth."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from genloop.data.distributions import Categorical, Distribution, NormalMixture, Poisson
from genloop.data.numbers import NumberDomain
from genloop.data.seeds import check_seed
from genloop.errors import UserError
from genloop.identity import describe, later
from genloop.types import Context

ON_A_CURVE = 100  # points
CENTRES = 1  # of random numbers, those that centres are drawn with
MOST_EVENTS = 1e9  # beyond, a count is no exact number


@dataclass(frozen=True, kw_only=True)
class KnownSource(ABC):
    """Independent examples of a known distribution; a kind of source adds which.

    Attributes:
        num_replicates: independent loops that run as one batch, each with data of its own.
        num_train: real training examples of each replicate.
        num_test: real test examples of each replicate.
        seed: of the random numbers that the examples are drawn with.
    """

    version: ClassVar[int] = 1

    num_replicates: int = 1000
    num_train: int = 1000
    num_test: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if min(self.num_replicates, self.num_train, self.num_test) < 1:
            raise UserError(
                f"num_replicates={self.num_replicates}, num_train={self.num_train} and num_test={self.num_test} must "
                "all be positive, such as 1000, 1000 and 100."
            )

    @abstractmethod
    def truth(self) -> Distribution:
        """Return the distribution, the same for every replicate."""

    def identity(self) -> object:
        return describe(self)

    def prepare(self, directory: Path, context: Context) -> None:
        truth = self.truth()
        random = np.random.default_rng(self.seed)
        for part, num in (("train", self.num_train), ("test", self.num_test)):
            np.save(directory / f"{part}.npy", truth.sample(num, random), allow_pickle=False)

    def open(self, directory: Path) -> NumberDomain:
        return NumberDomain(directory, truth=self.truth())

    def _repeat(self, parameters: Any) -> np.ndarray:
        """Return the same parameters for every replicate."""
        array = np.asarray(parameters, float)
        return np.broadcast_to(array, (self.num_replicates, *array.shape))


@dataclass(frozen=True)
class Normal(KnownSource):
    """Normal vectors of mean 0, standard ones unless they have another covariance.

    Attributes:
        dimension: d, numbers in an example.
        covariance: d rows of d numbers; None for the identity.
    """

    dimension: int = 1
    covariance: tuple[tuple[float, ...], ...] | None = later(None)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.dimension < 1:
            raise UserError(f"dimension={self.dimension} leaves no numbers. Use 1 or more.")
        if self.covariance is not None:
            _check_covariance(self.covariance, self.dimension)

    def truth(self) -> NormalMixture:
        covariance = self._repeat([np.eye(self.dimension) if self.covariance is None else self.covariance])
        return NormalMixture(self._repeat([1.0]), self._repeat(np.zeros((1, self.dimension))), covariance)


@dataclass(frozen=True)
class Clusters(KnownSource):
    """A mixture of round normal clusters.

    Attributes:
        centres: one vector for each cluster.
        weights: share of each cluster; None for equal ones.
        deviation: standard deviation of every cluster, along every column.
    """

    centres: tuple[tuple[float, ...], ...] = ((-2.0,), (2.0,))
    weights: tuple[float, ...] | None = None
    deviation: float = 0.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.centres or not self.centres[0] or len({len(centre) for centre in self.centres}) != 1:
            raise UserError(f"centres={self.centres} are no vectors of one length. Write such as [[-2, 0], [2, 0]].")
        if self.weights is not None:
            _check_probabilities("weights", self.weights, len(self.centres))
        if self.deviation <= 0:
            raise UserError(f"deviation={self.deviation} must be positive, such as 0.5.")

    def truth(self) -> NormalMixture:
        num, dimension = len(self.centres), len(self.centres[0])
        weights = self.weights or (1 / num,) * num
        covariances = np.tile(self.deviation**2 * np.eye(dimension), (num, 1, 1))
        return NormalMixture(*map(self._repeat, (weights, self.centres, covariances)))


@dataclass(frozen=True)
class Blobs(KnownSource):
    """Round normal clusters around centres that every replicate draws anew, uniformly from a cube around 0.

    Attributes:
        num_clusters: in equal shares.
        dimension: d, numbers in an example.
        deviation: standard deviation of every cluster, along every column.
        reach: largest coordinate of a centre.
    """

    num_clusters: int = 3
    dimension: int = 2
    deviation: float = 1.0
    reach: float = 10.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if min(self.num_clusters, self.dimension) < 1 or min(self.deviation, self.reach) <= 0:
            raise UserError(
                f"num_clusters={self.num_clusters}, dimension={self.dimension}, deviation={self.deviation} and "
                f"reach={self.reach} must all be positive, such as 3, 2, 1 and 10."
            )

    def truth(self) -> NormalMixture:
        random = np.random.default_rng([self.seed, CENTRES])
        shape = (self.num_replicates, self.num_clusters, self.dimension)
        return _round_mixture(random.uniform(-self.reach, self.reach, shape), self.deviation)


@dataclass(frozen=True)
class Moons(KnownSource):
    """Two interleaving half circles of radius 1, blurred: 100 points on each, at equal angles, with normal noise.

    Attributes:
        deviation: of the noise.
    """

    deviation: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_deviation(self.deviation)

    def truth(self) -> NormalMixture:
        angles = np.linspace(0, np.pi, ON_A_CURVE)
        upper = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return _round_mixture(self._repeat(np.concatenate([upper, [1, 0.5] - upper])), self.deviation)


@dataclass(frozen=True)
class Circles(KnownSource):
    """A circle of radius 1 and a smaller one within, blurred: 100 points on each, at equal angles, with normal noise.

    Attributes:
        factor: radius of the smaller one.
        deviation: of the noise.
    """

    factor: float = 0.5
    deviation: float = 0.1

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_deviation(self.deviation)
        if not 0 <= self.factor < 1:
            raise UserError(f"factor={self.factor} is no radius within 1. Use 0 or more, such as 0.5.")

    def truth(self) -> NormalMixture:
        angles = 2 * np.pi * np.arange(ON_A_CURVE) / ON_A_CURVE
        outer = np.stack([np.cos(angles), np.sin(angles)], axis=1)
        return _round_mixture(self._repeat(np.concatenate([outer, self.factor * outer])), self.deviation)


@dataclass(frozen=True)
class Counts(KnownSource):
    """Numbers of independent events: Poisson counts.

    Attributes:
        rate: of each column, the mean number.
    """

    rate: tuple[float, ...] = (4.0,)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.rate or not all(0 < rate < MOST_EVENTS for rate in self.rate):
            raise UserError(f"rate={self.rate} is no mean number of events in each column. Write such as [4].")

    def truth(self) -> Poisson:
        return Poisson(self._repeat(self.rate))


@dataclass(frozen=True)
class Types(KnownSource):
    """Numbered types with any probabilities.

    Attributes:
        probabilities: of types 0, 1, ..., summing to one.
    """

    probabilities: tuple[float, ...] = (0.4, 0.3, 0.15, 0.1, 0.05)

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_probabilities("probabilities", self.probabilities, len(self.probabilities))

    def truth(self) -> Categorical:
        return Categorical(self._repeat(self.probabilities))


@dataclass(frozen=True)
class Zipf(KnownSource):
    """Numbered types with probabilities proportional to rank^-b: few are frequent, many are rare.

    Attributes:
        num_types: types in all.
        exponent: b.
    """

    citations: ClassVar[tuple[str, ...]] = ("dohmatob2024tails", "hutter2021learning")

    num_types: int = 1000
    exponent: float = 1.5

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_types < 2:
            raise UserError(f"num_types={self.num_types} leaves nothing to lose. Use 2 or more.")

    def truth(self) -> Categorical:
        weight = np.arange(1.0, self.num_types + 1) ** -self.exponent
        return Categorical(self._repeat(weight / weight.sum()))


def _round_mixture(centres: np.ndarray, deviation: float) -> NormalMixture:
    """Return round normal clusters in equal shares around centres, shape (replicate, cluster, column)."""
    replicates, num, dimension = centres.shape
    covariances = np.broadcast_to(deviation**2 * np.eye(dimension), (*centres.shape, dimension))
    return NormalMixture(np.full((replicates, num), 1 / num), centres, covariances)


def _check_deviation(deviation: float) -> None:
    if deviation <= 0:
        raise UserError(f"deviation={deviation} must be positive, such as 0.1.")


def _check_probabilities(name: str, values: tuple[float, ...], num: int) -> None:
    if len(values) != num or min(values, default=-1) < 0 or abs(sum(values) - 1) > 1e-9:
        raise UserError(f"{name}={values} are no probabilities of {num} kinds. Give one each, summing to 1.")


def _check_covariance(rows: tuple[tuple[float, ...], ...], dimension: int) -> None:
    if len(rows) != dimension or any(len(row) != dimension for row in rows):
        raise UserError(
            f"covariance={rows} is no table of dimension={dimension} rows and columns. Give as many of both."
        )
    matrix = np.array(rows, float)
    least = np.linalg.eigvalsh(matrix).min() if np.isfinite(matrix).all() else -np.inf
    if not np.array_equal(matrix, matrix.T) or least <= 1e-12 * np.abs(matrix).max():
        raise UserError(
            f"covariance={rows} belongs to no density: it must be symmetric, with positive eigenvalues. A column that "
            "is a sum of others has to go."
        )

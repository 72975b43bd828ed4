"""Distributions that real data are drawn from and that models estimate; a truth and a model are the same kind of thing.

Arrays start with the replicate: R independent distributions of one kind, sampled and scored as a batch.
"""

from dataclasses import dataclass, fields
from math import lgamma
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np

from genloop.errors import UserError

PAIRS_AT_ONCE = 1 << 22  # kernel values in memory, 32 MB
SINGULAR = 8 * float(np.finfo(float).eps)  # eigenvalue of a correlation, per column, that rounding makes of 0


class Distribution(Protocol):
    """R distributions over examples."""

    def sample(self, num: int, random: np.random.Generator) -> np.ndarray:
        """Return examples, shape (replicate, num, column)."""
        ...

    def log_density(self, values: np.ndarray) -> np.ndarray:
        """Return log p of `values` (replicate, example, column) in nats, shape (replicate, example)."""
        ...

    @property
    def mean(self) -> np.ndarray:
        """Mean of each number in an example (one-hot, if a type), shape (replicate, column)."""
        ...

    @property
    def variance(self) -> np.ndarray:
        """Variance of each number in an example (one-hot, if a type), shape (replicate, column)."""
        ...


class _Arrays:
    """A distribution whose fields are arrays, each kept in a file of its own."""

    def save(self, directory: Path) -> None:
        for name, array in self.arrays().items():
            np.save(directory / f"{name}.npy", array, allow_pickle=False)

    @classmethod
    def load(cls, directory: Path) -> Self:
        names = (field.name for field in fields(cls))  # type: ignore[arg-type]
        return cls(**{name: np.load(directory / f"{name}.npy", allow_pickle=False) for name in names})

    def arrays(self) -> dict[str, Any]:
        return {field.name: getattr(self, field.name) for field in fields(self)}  # type: ignore[arg-type]

    @property
    def is_finite(self) -> bool:
        return all(np.isfinite(array).all() for array in self.arrays().values())


@dataclass(frozen=True, eq=False)
class NormalMixture(_Arrays):
    """Mixtures of normal distributions; with one component, a normal distribution.

    Attributes:
        weights: shape (replicate, component), summing to one.
        means: shape (replicate, component, column).
        covariances: shape (replicate, component, column, column); may be singular.
    """

    weights: np.ndarray
    means: np.ndarray
    covariances: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return np.einsum("rk,rki->ri", self.weights, self.means)

    @property
    def variance(self) -> np.ndarray:
        within = np.diagonal(self.covariances, axis1=2, axis2=3)
        return np.einsum("rk,rki->ri", self.weights, within + (self.means - self.mean[:, None]) ** 2)

    @property
    def covariance(self) -> np.ndarray:
        """Shape (replicate, column, column)."""
        shift = self.means - self.mean[:, None]
        between = np.einsum("rk,rki,rkj->rij", self.weights, shift, shift)
        return np.einsum("rk,rkij->rij", self.weights, self.covariances) + between

    def narrowed(self, factor: float) -> "NormalMixture":
        """Return the mixture whose components have `factor` times the covariance."""
        return NormalMixture(self.weights, self.means, factor * self.covariances)

    def scaled(self, factors: np.ndarray) -> "NormalMixture":
        """Return the mixture of the same values times `factors`, shape (replicate, column)."""
        squares = factors[:, None, :, None] * factors[:, None, None]
        return NormalMixture(self.weights, self.means * factors[:, None], self.covariances * squares)

    def sample(self, num: int, random: np.random.Generator) -> np.ndarray:
        component = draw_types(self.weights, num, random)
        replicate = np.arange(len(self.weights))[:, None]
        noise = random.standard_normal((*component.shape, self.means.shape[-1]))
        eigenvalues, vectors = np.linalg.eigh(self.covariances)
        roots = vectors * np.sqrt(np.maximum(eigenvalues, 0))[..., None, :]
        return self.means[replicate, component] + np.einsum("rnij,rnj->rni", roots[replicate, component], noise)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.logaddexp.reduce(self.log_joint(values), axis=0)

    def log_joint(self, values: np.ndarray) -> np.ndarray:
        """Return the log density of component and value, shape (component, replicate, example)."""
        eigenvalues, vectors = np.linalg.eigh(self.covariances)
        with np.errstate(divide="ignore", invalid="ignore"):  # a collapsed component has no density: a finding
            log_weights = np.log(self.weights)
            scale = np.where(_is_singular(self.covariances)[..., None], np.nan, np.sqrt(eigenvalues))
            return np.array(
                [
                    log_weights[:, k, None]
                    + _log_normal((values - self.means[:, k, None]) @ vectors[:, k], scale[:, k, None])
                    for k in range(self.weights.shape[1])
                ]
            )


@dataclass(frozen=True, eq=False)
class KernelDensity(_Arrays):
    """Gaussian kernels around examples.

    Attributes:
        weights: shape (replicate, example), summing to one.
        centres: shape (replicate, example, column).
        bandwidths: standard deviation of a kernel along each column, shape (replicate, column).
    """

    weights: np.ndarray
    centres: np.ndarray
    bandwidths: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return np.einsum("rn,rni->ri", self.weights, self.centres)

    @property
    def variance(self) -> np.ndarray:
        spread = (self.centres - self.mean[:, None]) ** 2
        return np.einsum("rn,rni->ri", self.weights, spread) + self.bandwidths**2

    @property
    def covariance(self) -> np.ndarray:
        """Shape (replicate, column, column)."""
        shift = self.centres - self.mean[:, None]
        kernel = self.bandwidths[:, None] ** 2 * np.eye(shift.shape[-1])
        return np.einsum("rn,rni,rnj->rij", self.weights, shift, shift, optimize=True) + kernel

    def sample(self, num: int, random: np.random.Generator) -> np.ndarray:
        centre = draw_types(self.weights, num, random)
        values = self.centres[np.arange(len(self.weights))[:, None], centre]
        return values + self.bandwidths[:, None] * random.standard_normal(values.shape)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        at_once = max(1, PAIRS_AT_ONCE // self.weights.shape[1])
        return np.array(
            [
                np.concatenate([self._log_density(r, row[i : i + at_once]) for i in range(0, len(row), at_once)])
                for r, row in enumerate(values)
            ]
        )

    def _log_density(self, replicate: int, values: np.ndarray) -> np.ndarray:
        """Return log p of `values`, shape (example, column), under one replicate."""
        scale = self.bandwidths[replicate]
        squares = np.zeros((len(values), self.weights.shape[1]))  # (value, centre)
        for column in range(values.shape[1]):
            squares += ((values[:, column, None] - self.centres[replicate, :, column]) / scale[column]) ** 2
        nearest = squares.min(axis=1, keepdims=True)
        kernels = np.exp((nearest - squares) / 2) @ self.weights[replicate]
        return np.log(kernels) - nearest[:, 0] / 2 - np.log(scale).sum() - len(scale) * np.log(2 * np.pi) / 2


@dataclass(frozen=True, eq=False)
class Categorical(_Arrays):
    """Tables of probabilities; an example is one column, the number of a type counted from 0.

    Attributes:
        probabilities: shape (replicate, type), summing to one.
    """

    probabilities: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.probabilities

    @property
    def variance(self) -> np.ndarray:
        return self.probabilities * (1 - self.probabilities)

    def tempered(self, temperature: float) -> "Categorical":
        """Return probabilities proportional to p^(1 / temperature)."""
        weight = (self.probabilities / self.probabilities.max(axis=1, keepdims=True)) ** (1 / temperature)
        return Categorical(weight / weight.sum(axis=1, keepdims=True))

    def sample(self, num: int, random: np.random.Generator) -> np.ndarray:
        return draw_types(self.probabilities, num, random)[..., None]

    def log_density(self, values: np.ndarray) -> np.ndarray:
        types = as_types(values, self.probabilities.shape[1])
        with np.errstate(divide="ignore"):  # a lost type has probability zero: a finding
            return np.log(np.take_along_axis(self.probabilities, types, axis=1))


@dataclass(frozen=True, eq=False)
class Poisson(_Arrays):
    """Independent Poisson counts.

    Attributes:
        rates: mean number of each column, shape (replicate, column); where it is 0, nothing ever happens.
    """

    rates: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        return self.rates

    @property
    def variance(self) -> np.ndarray:
        return self.rates

    @property
    def covariance(self) -> np.ndarray:
        """Shape (replicate, column, column)."""
        return self.rates[:, None] * np.eye(self.rates.shape[1])

    def sample(self, num: int, random: np.random.Generator) -> np.ndarray:
        return random.poisson(self.rates[:, None], (len(self.rates), num, self.rates.shape[1])).astype(float)

    def log_density(self, values: np.ndarray) -> np.ndarray:
        counts = as_counts(values)
        rates = self.rates[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):  # an event that never happens: a finding
            logarithms = np.where(counts > 0, counts * np.log(rates), 0.0)
        return (logarithms - rates - _log_factorials(counts)).sum(axis=-1)


def as_counts(values: np.ndarray) -> np.ndarray:
    """Return numbers of events as they are.

    Raises:
        UserError: if they are not whole, or negative.
    """
    wrong = values[(values < 0) | (values != np.floor(values))]
    if wrong.size:
        raise UserError(f"{wrong[0]:g} is no number of events. Counts are 0, 1, 2, ...; use another estimator.")
    return values


def _log_factorials(counts: np.ndarray) -> np.ndarray:
    """Return log k! of counts; many are equal, so each is worked out once."""
    different, places = np.unique(counts, return_inverse=True)
    return np.array([lgamma(count + 1) for count in different])[places].reshape(counts.shape)


def _is_singular(covariances: np.ndarray) -> np.ndarray:
    """Return which covariance matrices, shape (..., column, column), are singular to rounding, in any units."""
    deviation = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
    deviation = np.where(deviation > 0, deviation, 1.0)
    correlations = covariances / (deviation[..., :, None] * deviation[..., None, :])
    least = np.linalg.eigvalsh(correlations)[..., 0]
    return ~(least > SINGULAR * covariances.shape[-1])


def as_types(values: np.ndarray, num_types: int) -> np.ndarray:
    """Return examples of one column as integers, shape (replicate, example).

    Raises:
        UserError: if they are not the numbers of types, 0 to `num_types` - 1.
    """
    types = values[..., 0].astype(np.int64)
    if values.shape[-1] != 1:
        raise UserError(f"Types are one column, but the data have {values.shape[-1]}. Choose one with columns.")
    wrong = values[..., 0][(types != values[..., 0]) | (types < 0) | (types >= num_types)]
    if wrong.size:
        raise UserError(
            f"{wrong[0]:g} is none of {num_types} types, which are counted from 0 to {num_types - 1}. Raise num_types, "
            "or number the types."
        )
    return types


def draw_types(probabilities: np.ndarray, num: int, random: np.random.Generator) -> np.ndarray:
    """Return `num` independent columns of each row of `probabilities`, shape (replicate, num)."""
    cumulative = np.cumsum(probabilities, axis=1)
    uniform = random.random((len(probabilities), num)) * cumulative[:, -1:]
    rows = zip(cumulative, uniform, strict=True)
    return np.array([np.searchsorted(row, places, side="right") for row, places in rows])


def _log_normal(values: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return the log density of independent normals with the standard deviations `scale`, summed over columns."""
    return -np.sum((values / scale) ** 2 / 2 + np.log(scale) + np.log(2 * np.pi) / 2, axis=-1)

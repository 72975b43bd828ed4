"""Metrics of distributions over numbers, against the truth where it is known and real test examples elsewhere.

Every value is the mean over replicates, with its standard error and the quantiles.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Distribution
from genloop.errors import UserError
from genloop.metrics.replicates import average
from genloop.types import Context, Estimator, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, SHARE, SUPPORT, TAILS, Measured, Value

NO_TRUTH = (
    "kl-divergence compares with the distribution of the real data, which is unknown for data from a file. "
    "Leave the metric out; test_loss differs from it by a constant."
)
ONE_EXAMPLE = "wasserstein compares two halves of the test examples, but there is one. Give 2 or more."


class Density(Protocol):
    """A model with a density."""

    @property
    def distribution(self) -> Distribution: ...


class WithCovariance(Distribution, Protocol):
    """Distributions with covariance matrices."""

    @property
    def covariance(self) -> np.ndarray: ...


class CovarianceModel(Protocol):
    """A model with a covariance matrix."""

    @property
    def distribution(self) -> WithCovariance: ...


@dataclass(frozen=True)
class NegativeLogLikelihood:
    """Mean of -log p(real test example) under the model; infinite where the model gives one no probability."""

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"distribution": "a density"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (Value("test_loss", "nats/example", "higher", LOSS),)
    about = "real test examples | model_t"

    def score(
        self, evidence: Evidence[ArrayDataset, Density], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        losses = -evidence.model.distribution.log_density(evidence.test.read())
        return average({"test_loss": losses})


@dataclass(frozen=True)
class KLDivergence:
    """KL(truth | model), as the mean of log truth - log model over real test examples; needs a known truth."""

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"distribution": "a density"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (Value("kl_divergence", "nats/example", "higher", LOSS, rank=2),)
    about = "truth | model_t, on real test examples"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        if test.truth is None:
            yield NO_TRUTH

    def score(
        self, evidence: Evidence[ArrayDataset, Density], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        truth, test = evidence.test.truth, evidence.test.read()
        if truth is None:
            raise UserError(NO_TRUTH)
        losses = truth.log_density(test) - evidence.model.distribution.log_density(test)
        return average({"kl_divergence": losses})


@dataclass(frozen=True)
class Moments:
    """First two moments of the model along every column, in those of the real data, averaged over columns.

    `mean_error` is (fitted mean - real mean)^2 / real variance; `variance_ratio` fitted over real variance.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"distribution": "a density"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value("mean_error", "real variances", "higher", LOSS, 5, NOT_NEGATIVE, theory="mean of a Gaussian"),
        Value("variance_ratio", "fitted/real", "lower", SUPPORT, 1, NOT_NEGATIVE, theory="variance of a Gaussian"),
    )
    about = "moments of model_t | the truth, or real test examples where it is unknown"

    def score(
        self, evidence: Evidence[ArrayDataset, Density], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        fitted = evidence.model.distribution
        mean, variance = _real_moments(evidence.test)
        return average(
            {
                "mean_error": np.mean((fitted.mean - mean) ** 2 / variance, axis=1),
                "variance_ratio": np.mean(fitted.variance / variance, axis=1),
            }
        )


@dataclass(frozen=True)
class Covariance:
    """The fitted covariance beside that of the real data, which moments along single columns do not tell.

    `covariance_error` is |fitted - real|^2, the sum of squares of all entries: of n Gaussian examples, fitted by the
    unbiased divisor, (tr(C^2) + tr(C)^2) / (n - 1) on average. `determinant_ratio` is the fitted over the real
    determinant; `deviation_ratio` the fitted over the real standard deviation, averaged over columns.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"covariance": "a covariance matrix"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value(
            "covariance_error", "squared covariance", "higher", LOSS, 7, NOT_NEGATIVE, citations=("kazdan2024collapse",)
        ),
        Value("determinant_ratio", "fitted/real", "lower", SUPPORT, 3, NOT_NEGATIVE),
        Value("deviation_ratio", "fitted/real", "lower", SUPPORT, 4, NOT_NEGATIVE),
    )
    about = "covariance of model_t | the truth, or real test examples where it is unknown"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        if test.truth is not None and not hasattr(test.truth, "covariance"):
            yield "covariance compares covariance matrices, and the data are types. Use table-error, or other data."

    def score(
        self, evidence: Evidence[ArrayDataset, CovarianceModel], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        fitted, real = evidence.model.distribution.covariance, _real_covariance(evidence.test)
        with np.errstate(divide="ignore", invalid="ignore"):  # data may be singular: then nothing is told
            variances = np.diagonal(fitted, axis1=1, axis2=2) / np.diagonal(real, axis1=1, axis2=2)
            determinants = np.linalg.det(fitted) / np.linalg.det(real)
        return average(
            {
                "covariance_error": ((fitted - real) ** 2).sum(axis=(1, 2)),
                "determinant_ratio": determinants,
                "deviation_ratio": np.sqrt(variances).mean(axis=1),
            }
        )


@dataclass(frozen=True)
class Wasserstein:
    """Wasserstein-1 distance between samples and real test examples along every column, averaged over columns.

    Finite samples of one distribution differ too: `wasserstein_floor` is the distance between two halves of the test
    examples, or as many of each as there are samples, which are compared with one of the halves.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value("wasserstein", "real standard deviations", "higher", LOSS, rank=6, bounds=NOT_NEGATIVE),
        Value("wasserstein_floor", "real standard deviations", bounds=NOT_NEGATIVE),
    )
    about = "samples of model_t | real test examples"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        if len(test) < 2:
            yield ONE_EXAMPLE

    def score(self, evidence: Evidence[ArrayDataset], *, seed: int, context: Context) -> Mapping[str, Measured]:
        test, samples = evidence.test.read(), evidence.samples.read()
        size = min(samples.shape[1], test.shape[1] // 2)
        if size < 1:
            raise UserError(ONE_EXAMPLE)
        deviation = np.sqrt(_real_moments(evidence.test)[1])[:, None]
        first, second = test[:, :size] / deviation, test[:, size : 2 * size] / deviation
        return average(
            {
                "wasserstein": wasserstein(samples[:, :size] / deviation, first),
                "wasserstein_floor": wasserstein(second, first),
            }
        )


@dataclass(frozen=True)
class Tails:
    """Share of the samples in the outermost parts of the real distribution, averaged over columns.

    Attributes:
        share: of real test examples that lie there, half of them on each side; what a model without collapse has.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    any_size: ClassVar[bool] = True  # a share of them
    values = (Value("tail_mass", "share of samples", "lower", TAILS, bounds=SHARE),)
    about = "samples of model_t | tails of real test examples"

    share: float = 0.05

    def __post_init__(self) -> None:
        if not 0 < self.share < 1:
            raise UserError(f"share={self.share} is no part of a distribution. Use a number such as 0.05.")

    def score(self, evidence: Evidence[ArrayDataset], *, seed: int, context: Context) -> Mapping[str, Measured]:
        test, samples = evidence.test.read(), evidence.samples.read()
        low, high = np.quantile(test, [self.share / 2, 1 - self.share / 2], axis=(0, 1))
        return average({"tail_mass": np.mean((samples < low) | (samples > high), axis=(1, 2))})


def wasserstein(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the Wasserstein-1 distance of two samples of one size, averaged over columns.

    Args:
        first: one sample, shape (replicate, example, column).
        second: the other, of the same shape.

    Returns:
        Shape (replicate,): the mean distance between values of equal rank.
    """
    return np.mean(np.abs(np.sort(first, axis=1) - np.sort(second, axis=1)), axis=(1, 2))


def _real_covariance(test: ArrayDataset) -> np.ndarray:
    """Return the covariance of the real data, shape (replicate, column, column)."""
    truth: Any = test.truth  # a table of types has none, which `requires` refuses
    if truth is not None:
        return truth.covariance
    centred = test.read() - test.read().mean(axis=1, keepdims=True)
    return centred.transpose(0, 2, 1) @ centred / centred.shape[1]


def _real_moments(test: ArrayDataset) -> tuple[Any, Any]:
    """Return mean and variance of the real data, shape (replicate, column)."""
    if test.truth is not None:
        return test.truth.mean, test.truth.variance
    values = test.read()
    return values.mean(axis=1), values.var(axis=1)

"""Metrics of distributions over numbered types, against the truth where it is known and test frequencies elsewhere.

Every value is the mean over replicates, with its standard error and the quantiles.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Categorical, as_types
from genloop.errors import UserError
from genloop.metrics.replicates import average
from genloop.types import Context, Estimator, Evidence
from genloop.values import DIVERSITY, LOSS, NOT_NEGATIVE, SHARE, SUPPORT, TAILS, Measured, Value

TRUTH = "the truth, or frequencies of real test examples where it is unknown"


class Probabilities(Protocol):
    """A model with a table of probabilities."""

    @property
    def distribution(self) -> Categorical: ...


@dataclass(frozen=True)
class TableError:
    """How far the fitted probabilities p are from the real ones q.

    `total_variation` is sum |p - q| / 2; `mean_error` sum (p - q)^2 over 1 - sum q^2, and `variance_ratio` 1 - sum p^2
    over it, which follow the laws of a Gaussian's mean and variance; `reverse_kl` is KL(p | q), finite when types are
    lost.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"probabilities": "a table of probabilities"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value("total_variation", "probability", "higher", LOSS, rank=4, bounds=SHARE),
        Value("variance_ratio", "fitted/real", "lower", SUPPORT, bounds=NOT_NEGATIVE),
        Value("mean_error", "real variances", "higher", LOSS, rank=5, bounds=NOT_NEGATIVE),
        Value("reverse_kl", "nats/example", "higher", LOSS, rank=3, bounds=NOT_NEGATIVE),
    )
    about = f"probabilities of model_t | {TRUTH}"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        return no_types(test)

    def score(
        self, evidence: Evidence[ArrayDataset, Probabilities], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        p = evidence.model.distribution.probabilities
        q = _real_probabilities(evidence.test, p.shape[1])
        spread = 1 - (q**2).sum(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            log_ratio = np.where(p > 0, np.log(p / q), 0.0)
        return average(
            {
                "total_variation": np.abs(p - q).sum(axis=1) / 2,
                "variance_ratio": (1 - (p**2).sum(axis=1)) / spread,
                "mean_error": ((p - q) ** 2).sum(axis=1) / spread,
                "reverse_kl": (p * log_ratio).sum(axis=1),
            }
        )


@dataclass(frozen=True)
class Entropy:
    """Entropy -sum p log p of the fitted probabilities; a loop that forgets types loses it.

    `entropy_floor` is that of relative frequencies of as many real examples as the training set counts: even these have
    less than the truth, by (K - 1) / 2n nats at first order, for K types.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    wants: ClassVar[Mapping[str, str]] = {"probabilities": "a table of probabilities"}
    needs: ClassVar[frozenset[str]] = frozenset({"model", "train"})
    values = (
        Value("entropy", "nats", "lower", DIVERSITY, bounds=NOT_NEGATIVE, citations=("suresh2024rate",)),
        Value("entropy_floor", "nats", bounds=NOT_NEGATIVE),
    )
    about = "probabilities of model_t | frequencies of as many real examples"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        return no_types(test)

    def score(
        self, evidence: Evidence[ArrayDataset, Probabilities], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        p = evidence.model.distribution.probabilities
        real = _real_frequencies(evidence.test, p.shape[1], len(evidence.train), seed)
        return average({"entropy": entropy(p), "entropy_floor": entropy(real)})


def entropy(probabilities: np.ndarray) -> np.ndarray:
    """Return -sum p log p in nats of each row; what has no probability adds nothing."""
    logarithms = np.log(np.where(probabilities > 0, probabilities, 1.0))
    return -(probabilities * logarithms).sum(axis=-1)


@dataclass(frozen=True)
class Support:
    """What the samples still hold of the real types.

    `missing_mass` is the real probability of the types that no sample has; `surviving_support` the share of real types
    that some sample has.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "example"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value("missing_mass", "real probability", "higher", TAILS, rank=2, bounds=SHARE),
        Value("surviving_support", "share of real types", "lower", SUPPORT, rank=2, bounds=SHARE),
    )
    about = f"samples of model_t | {TRUTH}"

    def requires(self, test: ArrayDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        return no_types(test)

    def score(self, evidence: Evidence[ArrayDataset], *, seed: int, context: Context) -> Mapping[str, Measured]:
        num_types = _num_types(evidence.test, evidence.samples)
        q = _real_probabilities(evidence.test, num_types)
        held = _frequencies(evidence.samples, num_types) > 0
        return average(
            {
                "missing_mass": np.where(held, 0.0, q).sum(axis=1),
                "surviving_support": (held & (q > 0)).sum(axis=1) / (q > 0).sum(axis=1),
            }
        )


def no_types(test: ArrayDataset) -> Iterator[str]:
    """Iterate over what stands in the way of numbered types: nothing, or what the test data hold instead."""
    try:
        as_types(test.read(), int(test.read().max()) + 1)
    except UserError as problem:
        yield str(problem)


def _num_types(test: ArrayDataset, samples: ArrayDataset) -> int:
    if test.truth is not None:
        return test.truth.mean.shape[1]
    return int(max(test.read().max(), samples.read().max())) + 1


def _real_probabilities(test: ArrayDataset, num_types: int) -> np.ndarray:
    return _frequencies(test, num_types) if test.truth is None else test.truth.mean


def _real_frequencies(test: ArrayDataset, num_types: int, num: int, seed: int) -> np.ndarray:
    """Return relative frequencies of `num` new real examples, drawn from the truth or, if unknown, with replacement."""
    counts = np.random.Generator(np.random.Philox(seed)).multinomial(num, _real_probabilities(test, num_types))
    return counts / num


def _frequencies(data: ArrayDataset, num_types: int) -> np.ndarray:
    """Return relative frequencies, shape (replicate, type)."""
    types = as_types(data.read(), num_types)
    return np.array([np.bincount(row, minlength=num_types) for row in types]) / types.shape[1]

"""Numbers of events, fitted by their mean."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Poisson, as_counts
from genloop.errors import UserError
from genloop.families.statistical.model import StatisticalEstimator, weighted_moments


@dataclass(frozen=True)
class PoissonCounts(StatisticalEstimator[Poisson]):
    """Independent Poisson counts in every column; the rate is the mean of the training set.

    Under replace the rate does what an unbiased mean does: it keeps its expectation and errs by t/n of the real
    variance after t iterations, until it is 0, which it stays.
    """

    citations: ClassVar[tuple[str, ...]] = ("dey2024universality",)

    kind: ClassVar[type[Poisson]] = Poisson

    def requires(self, train: ArrayDataset, num_examples: int) -> Iterator[str]:
        try:
            as_counts(train.read())
        except UserError as problem:
            yield str(problem)

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> Poisson:
        for block in train.blocks:
            as_counts(block.values)
        return Poisson(weighted_moments(train)[0])

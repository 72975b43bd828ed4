"""Tables of relative frequencies."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Categorical, as_types
from genloop.errors import UserError
from genloop.families.statistical.model import StatisticalEstimator


@dataclass(frozen=True)
class Discrete(StatisticalEstimator[Categorical]):
    """Relative frequencies of numbered types.

    Without smoothing, a type that the training set lacks has probability zero and never returns; the test loss is then
    infinite.

    Attributes:
        num_types: types, counted from 0.
        smoothing: pseudo-count added to every type.
        temperature: samples have probabilities proportional to p^(1 / temperature).
    """

    citations: ClassVar[tuple[str, ...]] = ("seddik2024bad", "suresh2024rate")

    kind: ClassVar[type[Categorical]] = Categorical
    offers: ClassVar[frozenset[str]] = frozenset({"distribution", "probabilities"})
    sampling: ClassVar[frozenset[str]] = frozenset({"temperature"})

    num_types: int
    smoothing: float = 0.0
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if self.num_types < 2:
            raise UserError(f"num_types={self.num_types} leaves nothing to lose. Use 2 or more.")
        if self.smoothing < 0:
            raise UserError(f"smoothing={self.smoothing} takes counts away. Use 0 for none, or more, such as 0.01.")
        if self.temperature <= 0:
            raise UserError(f"temperature={self.temperature} must be positive. Use 1 to sample what was fitted.")

    def requires(self, train: ArrayDataset, num_examples: int) -> Iterator[str]:
        try:
            as_types(train.read(), self.num_types)
        except UserError as problem:
            yield str(problem)

    def estimate(self, train: ArrayDataset, random: np.random.Generator) -> Categorical:
        counts = np.full((train.num_replicates, self.num_types), self.smoothing)
        first = self.num_types * np.arange(train.num_replicates)[:, None]
        for block in train.blocks:
            place = as_types(block.values, self.num_types) + first
            counts += np.bincount(place.ravel(), block.weights.ravel(), counts.size).reshape(counts.shape)
        return Categorical(counts / counts.sum(axis=1, keepdims=True))

    def sampler(self, distribution: Categorical) -> Categorical:
        return distribution if self.temperature == 1 else distribution.tempered(self.temperature)

"""Data sets that are lists of references to examples in shards, so that views of many examples copy indices alone."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Self, TypeVar

import numpy as np

Shard = TypeVar("Shard")


@dataclass(frozen=True, eq=False)
class ShardedDataset(Generic[Shard]):
    """A view over shards; a kind of data set adds what an example is and how it is read.

    Attributes:
        shards: where the examples are.
        shard_numbers: shard of every example, shape (example,).
        places: of every example within its shard, shape (example,).
        weights: of every example in the training loss, shape (example,), float32.
    """

    shards: tuple[Shard, ...]
    shard_numbers: np.ndarray
    places: np.ndarray
    weights: np.ndarray

    @classmethod
    def of_all(cls, shards: Sequence[Shard], sizes: Sequence[int], **others: Any) -> Self:
        """Return all examples of some shards in their order, with equal weights; `others` are a kind's own fields."""
        places = [np.arange(size) for size in sizes]
        numbers = np.repeat(np.arange(len(shards)), sizes)
        return cls(tuple(shards), numbers, np.concatenate(places), np.ones(len(numbers), np.float32), **others)

    def __len__(self) -> int:
        return len(self.places)

    def slice(self, start: int, stop: int) -> Self:
        return self.take(slice(start, stop))

    def weighted(self, weight: float) -> Self:
        return replace(self, weights=self.weights * np.float32(weight))

    def concat(self, others: Sequence[Self]) -> Self:
        parts = (self, *others)
        before = np.cumsum([0, *(len(part.shards) for part in parts)])
        return replace(
            self,
            shards=tuple(shard for part in parts for shard in part.shards),
            shard_numbers=np.concatenate([part.shard_numbers + n for part, n in zip(parts, before, strict=False)]),
            places=np.concatenate([part.places for part in parts]),
            weights=np.concatenate([part.weights for part in parts]),
        )

    def draw(self, num: int, *, seed: int) -> Self:
        """Return `num` examples in random order, without replacement."""
        return self.take(np.random.Generator(np.random.Philox(seed)).permutation(len(self))[:num])

    def take(self, indices: "np.ndarray | slice") -> Self:
        """Return the examples at some indices as a view."""
        return replace(
            self,
            shard_numbers=self.shard_numbers[indices],
            places=self.places[indices],
            weights=self.weights[indices],
        )

    def by_shard(self, indices: np.ndarray) -> Iterator[tuple[Shard, np.ndarray, np.ndarray]]:
        """Iterate over the shards that hold some examples: the shard, which of `indices` it holds, and their places."""
        numbers, places = self.shard_numbers[indices], self.places[indices]
        for number in np.unique(numbers):
            chosen = np.flatnonzero(numbers == number)
            yield self.shards[number], chosen, places[chosen]

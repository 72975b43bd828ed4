"""Training sets of regression as views over shards: R independent replicates as one batch.

A fit adds what whole shards know of themselves; only parts and draws compute their rows. So neither time nor memory
grows with the rows that a shard stands for.

Legend: R replicates, N rows, d dimension.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from genloop.data.regression.design import Array, Design, product
from genloop.data.regression.shard import Shard, Statistics

ROWS_FILE = "rows.npz"


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows in memory.

    Attributes:
        numbers: which rows of the shard, shape (N,).
        design: shape (R, N, d).
        targets: shape (R, N).
        weights: in the training loss, 0 where a replicate has not drawn the row; shape (R, N).
    """

    numbers: np.ndarray
    design: Array
    targets: Array
    weights: Array


@dataclass(frozen=True, eq=False)
class Segment:
    """Consecutive rows of one shard, with their common weight in the training loss."""

    shard: Shard
    start: int
    stop: int
    weight: float = 1.0

    def __len__(self) -> int:
        return self.stop - self.start

    @property
    def is_whole(self) -> bool:
        return len(self) == self.shard.num

    @property
    def statistics(self) -> Statistics:
        """X'X and X'y without the weight; a whole shard knows its own."""
        return self.shard.statistics if self.is_whole else self.shard.sums(self.start, self.stop)

    def rows(self, chosen: np.ndarray | None) -> Iterator[Rows]:
        """Iterate over the rows in chunks; `chosen`, (R, len), leaves out rows of some replicates."""
        for start, stop in self.shard.design.chunks(self.start, self.stop):
            design, targets = self.shard.rows(start, stop)
            weights = np.full(targets.shape, self.weight)
            if chosen is not None:
                weights *= chosen[:, start - self.start : stop - self.start]
            yield Rows(np.arange(start, stop), design, targets, weights)


@dataclass(frozen=True)
class Draw:
    """A uniform draw without replacement, another one in every replicate."""

    num: int
    seed: int


@dataclass(frozen=True, eq=False)
class RegressionDataset:
    """A view over shards; an example is one row in each of the R replicates. A draw cannot be cut further."""

    unit: ClassVar[str] = "row"

    segments: tuple[Segment, ...]
    drawn: Draw | None = None

    @classmethod
    def of(cls, shard: Shard) -> Self:
        """Return all rows of a shard."""
        return cls((Segment(shard, 0, shard.num),))

    def __len__(self) -> int:
        return self.drawn.num if self.drawn else sum(map(len, self.segments))

    def slice(self, start: int, stop: int) -> Self:
        assert self.drawn is None, "policies draw last"
        parts, begin = [], 0
        for segment in self.segments:
            first, last = (min(max(0, place - begin), len(segment)) for place in (start, stop))
            if first < last:
                parts.append(replace(segment, start=segment.start + first, stop=segment.start + last))
            begin += len(segment)
        return type(self)(tuple(parts))

    def weighted(self, weight: float) -> Self:
        parts = (replace(segment, weight=segment.weight * weight) for segment in self.segments)
        return type(self)(tuple(parts), self.drawn)

    def concat(self, others: Sequence[Self]) -> Self:
        assert all(part.drawn is None for part in (self, *others)), "policies draw last"
        return type(self)(tuple(segment for part in (self, *others) for segment in part.segments))

    def draw(self, num: int, *, seed: int) -> Self:
        assert self.drawn is None, "policies draw once"
        return type(self)(self.segments, Draw(num, seed))

    def save(self, directory: Path) -> None:
        self.shard.save(directory / ROWS_FILE)

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open what `Shard.save` wrote."""
        return cls.of(Shard.load(path))

    @property
    def shard(self) -> Shard:
        """The one shard that this data set is the whole of."""
        (segment,) = self.segments
        assert segment.is_whole
        assert self.drawn is None
        return segment.shard

    @property
    def design(self) -> Design:
        """The design of the first source, which all sources share if it repeats itself."""
        return self.segments[0].shard.design

    @property
    def noise_deviation(self) -> float:
        """Sigma, which all sources share."""
        return self.segments[0].shard.noise_deviation

    @property
    def num_different_rows(self) -> int:
        """Rows that count and are not copies of others: the highest rank that X can have."""
        used = [segment for segment in self.segments if segment.weight > 0]
        period = self.design.period
        if period is None:
            return min(len(self), sum(map(len, used)))
        numbers = [np.arange(segment.start, min(segment.stop, segment.start + period)) % period for segment in used]
        return min(len(self), len(np.unique(np.concatenate([np.arange(0), *numbers]))))

    def rows(self) -> Iterator[Rows]:
        """Iterate over all rows, in chunks."""
        for segment, chosen in zip(self.segments, self._chosen(), strict=True):
            yield from segment.rows(chosen)

    def statistics(self) -> Statistics:
        """Return weighted X'X and X'y: whole shards know theirs, parts and draws compute their rows."""
        if self.drawn is None:
            return _add((segment.weight, segment.statistics) for segment in self.segments)
        gram, moment = 0, 0
        for rows in self.rows():
            gram = gram + product(rows.design, rows.weights)
            moment = moment + ((rows.weights * rows.targets)[:, None, :] @ rows.design)[:, 0]
        return Statistics(np.asarray(gram), np.asarray(moment))

    def _chosen(self) -> Iterator[np.ndarray | None]:
        """Iterate over which rows of each segment every replicate has drawn, (R, N); None stands for all."""
        if self.drawn is None:
            yield from (None for _ in self.segments)
            return
        random = np.random.Generator(np.random.Philox(self.drawn.seed))
        num_replicates = self.design.num_replicates
        sizes = [len(segment) for segment in self.segments]
        counts = random.multivariate_hypergeometric(sizes, self.drawn.num, size=num_replicates, method="marginals")
        for size, count in zip(sizes, counts.T, strict=True):
            ranks = random.random((num_replicates, size)).argsort(axis=1).argsort(axis=1)
            yield ranks < count[:, None]


def _add(parts: Iterable[tuple[float, Statistics]]) -> Statistics:
    """Return the weighted sum of statistics; of neighbours that share one X'X only the weights are added."""
    gram: Any = 0.0
    moment: Any = 0.0
    shared, weight = np.zeros(()), 0.0
    for factor, part in parts:
        if part.gram is not shared:
            gram, shared, weight = gram + weight * shared, part.gram, 0.0
        weight += factor
        moment = moment + factor * part.moment
    return Statistics(gram + weight * shared, moment)

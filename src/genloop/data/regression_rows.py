"""Data sets of regression: R independent replicates as one batch, held as what determines them.

A synthetic data set is a design, the model that made its targets and the seed of its noise; rows are computed when
somebody asks. What a fit on whole data sets needs, X'X and X'y, is computed once. Nothing grows with the iteration.

Legend: R replicates, N rows, T rows after which a design repeats itself, d dimension.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from genloop.data.design import Array, Design, normal_rows, product

ROWS_FILE = "rows.npz"


@dataclass(frozen=True, eq=False)
class Linear:
    """Noiseless targets x.w.

    Attributes:
        array: w, shape (R, d).
    """

    array: Array

    def targets(self, design: Array, numbers: np.ndarray) -> Array:
        # Not a matrix product: BLAS rounds a row differently in a longer array.
        return np.einsum("rnd,rd->rn", design, self.array)


@dataclass(frozen=True, eq=False)
class Tabulated:
    """Noiseless targets at every row of a design that repeats itself.

    Attributes:
        array: shape (R, T).
    """

    array: Array

    def targets(self, design: Array, numbers: np.ndarray) -> Array:
        return self.array[:, numbers % self.array.shape[1]]


Teacher = Linear | Tabulated
TEACHERS = {"Linear": Linear, "Tabulated": Tabulated}


@dataclass(frozen=True, eq=False)
class Statistics:
    """All that least squares needs of its data.

    Attributes:
        gram: X'X, shape (R, d, d).
        moment: X'y, shape (R, d).
    """

    gram: Array
    moment: Array


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
class Shard:
    """The rows that one model, or nature, generated: y = teacher(x) + noise.

    Attributes:
        design: the rows x.
        num: how many.
        teacher: targets without noise.
        noise_deviation: sigma.
        noise_seed: of the noise.
        path: file that holds X'X and X'y already.
    """

    design: Design
    num: int
    teacher: Teacher
    noise_deviation: float
    noise_seed: int
    path: Path | None = None

    def rows(self, start: int, stop: int) -> tuple[Array, Array]:
        """Return x, (R, stop - start, d), and y, (R, stop - start), of rows in one chunk of the design."""
        design = self.design.rows(start, stop)
        noise = normal_rows(self.noise_seed, start, stop, (self.design.num_replicates,)).T
        return design, self.teacher.targets(design, np.arange(start, stop)) + self.noise_deviation * noise

    def sums(self, start: int, stop: int) -> Statistics:
        """Return X'X and X'y of rows `start` to `stop`."""
        num_replicates, dimension = self.design.num_replicates, self.design.dimension
        is_repeated = self.design.period is not None
        gram = self.design.gram(start, stop) if is_repeated else np.zeros((num_replicates, dimension, dimension))
        moment = np.zeros((num_replicates, dimension))
        for chunk in self.design.chunks(start, stop):
            design, targets = self.rows(*chunk)
            moment += (targets[:, None, :] @ design)[:, 0]
            if not is_repeated:
                gram += product(design)
        return Statistics(gram, moment)

    @cached_property
    def _all_sums(self) -> Statistics:
        return self.sums(0, self.num)

    @property
    def statistics(self) -> Statistics:
        """X'X and X'y of all rows: computed once, and read again from where they were saved."""
        if self.path is None:
            return self._all_sums
        with np.load(self.path, allow_pickle=False) as file:
            gram = file["gram"] if "gram" in file else self.design.gram(0, self.num)
            return Statistics(gram, file["moment"])

    def save(self, path: Path) -> None:
        recipe = {
            "design": asdict(self.design),
            "num": self.num,
            "noise_deviation": self.noise_deviation,
            "noise_seed": self.noise_seed,
            "teacher": type(self.teacher).__name__,
        }
        arrays = {"moment": self.statistics.moment, "teacher": self.teacher.array}
        if self.design.period is None:
            arrays["gram"] = self.statistics.gram  # that of a repeated design is shared by all
        write_arrays(path, recipe, arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        recipe, arrays = read_arrays(path, "teacher")
        design = Design(**recipe.pop("design"))
        teacher = TEACHERS[recipe.pop("teacher")](arrays["teacher"])
        return cls(design=design, teacher=teacher, path=path, **recipe)


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


def write_arrays(path: Path, recipe: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays and plain values into one `.npz` file."""
    named: dict[str, Any] = {"recipe": np.array(json.dumps(recipe)), **arrays}
    np.savez(path, **named)


def read_arrays(path: Path, *names: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read from what `write_arrays` wrote: plain values, and the arrays of these names."""
    with np.load(path, allow_pickle=False) as file:
        return json.loads(str(file["recipe"])), {name: file[name] for name in names}

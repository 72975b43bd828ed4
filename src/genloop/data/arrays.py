"""Arrays as data sets: independent loops side by side, so that thousands of seeds run as one batch.

The first axis counts replicates, loops that share nothing; the second counts examples; the rest is one example.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from genloop.data.distributions import Distribution
from genloop.data.table import called

EXAMPLES_FILE = "examples.npy"


@dataclass(frozen=True, eq=False)
class Block:
    """Consecutive examples.

    Attributes:
        values: shape (replicate, example, ...).
        weights: of each example in the fit, shape (replicate, example).
    """

    values: np.ndarray
    weights: np.ndarray

    @property
    def size(self) -> int:
        return self.values.shape[1]

    def cut(self, start: int, stop: int) -> "Block":
        return Block(self.values[:, start:stop], self.weights[:, start:stop])


@dataclass(frozen=True, eq=False)
class ArrayDataset:
    """A view over arrays of examples; all but `draw` copies nothing.

    Attributes:
        blocks: the examples, one block after the other.
        truth: what the examples were drawn from, where it is known.
        names: of the columns, where they have any.
    """

    unit: ClassVar[str] = "example"

    blocks: tuple[Block, ...]
    truth: Distribution | None = None
    names: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: np.ndarray) -> Self:
        """Return examples of equal weight; `values` has shape (replicate, example, ...)."""
        return cls((Block(values, np.broadcast_to(1.0, values.shape[:2])),))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a `.npy` file without reading it into memory."""
        return cls.of(np.load(path, mmap_mode="r", allow_pickle=False))

    @property
    def num_replicates(self) -> int:
        return len(self.blocks[0].values)

    @property
    def num_columns(self) -> int:
        return self.blocks[0].values.shape[-1]

    def called(self, column: int) -> str:
        """Return what to call a column in a message."""
        return called(column, self.names)

    def __len__(self) -> int:
        return sum(block.size for block in self.blocks)

    def slice(self, start: int, stop: int) -> Self:
        return replace(self, blocks=tuple(self._cut(start, stop)))

    def weighted(self, weight: float) -> Self:
        return replace(self, blocks=tuple(Block(block.values, weight * block.weights) for block in self.blocks))

    def concat(self, others: Sequence[Self]) -> Self:
        return replace(self, blocks=tuple(block for part in (self, *others) for block in part.blocks))

    def draw(self, num: int, *, seed: int) -> Self:
        """Return `num` examples without replacement; every replicate draws its own, which copies them."""
        random = np.random.Generator(np.random.Philox(seed))
        order = random.permuted(np.tile(np.arange(len(self)), (self.num_replicates, 1)), axis=1)[:, :num]
        replicate = np.arange(self.num_replicates)[:, None]
        return replace(self, blocks=(Block(self.read()[replicate, order], self.read_weights()[replicate, order]),))

    def save(self, directory: Path) -> None:
        np.save(directory / EXAMPLES_FILE, self.read(), allow_pickle=False)

    def read(self) -> np.ndarray:
        """Return all examples, shape (replicate, example, ...)."""
        values = [block.values for block in self.blocks]
        return values[0] if len(values) == 1 else np.concatenate(values, axis=1)

    def read_weights(self) -> np.ndarray:
        """Return the weights of all examples, shape (replicate, example)."""
        return np.concatenate([block.weights for block in self.blocks], axis=1)

    def _cut(self, start: int, stop: int) -> Iterator[Block]:
        begin = 0
        for block in self.blocks:
            yield block.cut(max(0, start - begin), max(0, stop - begin))
            begin += block.size

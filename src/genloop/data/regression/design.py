"""Rows of a design matrix by number: never stored, the same whenever they are asked for.

Random numbers are counted, not kept (Salmon et al., Parallel random numbers: as easy as 1, 2, 3, 2011): a block of
rows owns a stretch of one Philox stream, so any rows can be had without those before them.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.floating]

BLOCK = 64  # rows; inside a block normal numbers follow one another, as each takes a varying number of bits
CHUNK = 1 << 22  # numbers held at a time where rows are only passed through


@dataclass(frozen=True)
class Design:
    """R independent design matrices X with rows x ~ N(0, Sigma), of any length.

    Sigma is diagonal, which costs no generality: least squares does not change when x is rotated.

    Attributes:
        seed: of the rows.
        num_replicates: R.
        dimension: d.
        decay: eigenvalue i of Sigma is i^-decay, so its condition number is d^decay.
        period: rows after which X repeats itself; None for never.
    """

    seed: int
    num_replicates: int
    dimension: int
    decay: float = 0.0
    period: int | None = None

    @property
    def spectrum(self) -> Array:
        """Eigenvalues of Sigma, shape (d,)."""
        return np.arange(1.0, self.dimension + 1) ** -self.decay

    def rows(self, start: int, stop: int) -> Array:
        """Return rows `start` to `stop` of every X, shape (R, stop - start, d); they must lie in one period."""
        if self.period is None:
            return _generate(self, start, stop)
        first = start % self.period
        return _whole(self)[:, first : first + stop - start]

    def gram(self, start: int, stop: int) -> Array:
        """Return X'X of any rows, shape (R, d, d); of a design that repeats itself the same array for the same rows."""
        if self.period is None:
            return np.asarray(sum(product(self.rows(*chunk)) for chunk in self.chunks(start, stop)))
        first = start % self.period
        return _repeated_gram(self, first, first + stop - start)

    def chunks(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """Cut a range of rows at every period, or into pieces that memory holds easily."""
        blocks = max(1, CHUNK // (BLOCK * self.num_replicates * self.dimension))
        size = self.period or BLOCK * blocks
        for first in range(start - start % size, stop, size):
            yield max(first, start), min(first + size, stop)

    def fresh(self, seed: int) -> "Design":
        """Return the design of another source: the same X where it repeats itself, else new rows."""
        return self if self.period else replace(self, seed=seed)


def normal_rows(seed: int, start: int, stop: int, shape: tuple[int, ...]) -> Array:
    """Return standard normal numbers for rows `start` to `stop`, shape (stop - start, *shape)."""
    first = start // BLOCK
    blocks = [
        np.random.Generator(np.random.Philox(key=seed, counter=number << 128)).standard_normal(
            (min(BLOCK, stop - number * BLOCK), *shape)
        )
        for number in range(first, -(-stop // BLOCK))
    ]
    return np.concatenate([np.empty((0, *shape)), *blocks])[start - first * BLOCK :]


def product(rows: Array, weights: Array | None = None) -> Array:
    """Return X'X, or X' diag(weights) X, of rows (R, row, d); shape (R, d, d)."""
    weighted = rows if weights is None else rows * weights[:, :, None]
    return weighted.transpose(0, 2, 1) @ rows


def _generate(design: Design, start: int, stop: int) -> Array:
    rows = normal_rows(design.seed, start, stop, (design.num_replicates, design.dimension))
    rows *= np.sqrt(design.spectrum)
    return np.ascontiguousarray(rows.transpose(1, 0, 2))


@lru_cache(maxsize=2)
def _whole(design: Design) -> Array:
    assert design.period is not None
    rows = _generate(design, 0, design.period)
    rows.flags.writeable = False
    return rows


@lru_cache(maxsize=8)
def _repeated_gram(design: Design, start: int, stop: int) -> Array:
    chunks = list(design.chunks(start, stop))
    if len(chunks) == 1:
        gram = product(design.rows(start, stop))
    else:
        gram = np.asarray(sum(design.gram(*chunk) for chunk in chunks))
    gram.flags.writeable = False
    return gram

"""What all rows of a regression share: their design, and the noise of their targets.

A prepared folder holds `train.npz` and `test.npz`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from genloop.data.arrays import ArrayDataset, Block
from genloop.data.number_files import NumberFiles
from genloop.data.numbers import NUM_SHOWN, of_first
from genloop.data.regression.design import Design
from genloop.data.regression.rows import ROWS_FILE, RegressionDataset
from genloop.examples import Examples, Origins
from genloop.types import Format


@dataclass(frozen=True)
class RegressionDomain:
    """Rows x with targets y.

    Attributes:
        directory: where their source was prepared.
    """

    name: ClassVar[str] = "regression"

    directory: Path

    def prepared(self, part: Literal["train", "test"]) -> RegressionDataset:
        return RegressionDataset.open(self.directory / f"{part}.npz")

    def generated(self, directory: Path) -> RegressionDataset:
        return RegressionDataset.open(directory / ROWS_FILE)

    def show(
        self, data: RegressionDataset, num: int | None = None, *, beside: Sequence[RegressionDataset] = ()
    ) -> Examples:
        """Return the first rows of the first replicate."""
        first = as_numbers(data.slice(0, min(len(data), NUM_SHOWN if num is None else num)))
        return Examples(rows=first.read()[0].tolist(), columns=self.columns, about=of_first(first))

    @property
    def formats(self) -> dict[str, Format[RegressionDataset]]:
        """Tables and arrays of x and y; read ones are numbers, which have no design that could be continued."""
        files = NumberFiles(self.columns, self.design.num_replicates).formats
        return {ending: Format(_written_by(found), found.read) for ending, found in files.items()}

    @cached_property
    def design(self) -> Design:
        """The rows of the real training data."""
        return self.prepared("train").design

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers in a row."""
        return (*(f"x{number}" for number in range(1, self.design.dimension + 1)), "y")


def _written_by(numbers: Format[ArrayDataset]) -> Callable[[RegressionDataset, Path, Origins], None]:
    return lambda data, path, origins: numbers.write(as_numbers(data), path, origins)


def as_numbers(data: RegressionDataset) -> ArrayDataset:
    """Return all rows as arrays, shape (replicate, row, d + 1), targets last; of a draw, those that were drawn."""
    rows = list(data.rows())
    values = np.concatenate([np.dstack([each.design, each.targets]) for each in rows], axis=1)
    weights = np.concatenate([each.weights for each in rows], axis=1)
    if data.drawn:
        chosen, shape = weights > 0, (len(values), data.drawn.num)
        values, weights = values[chosen].reshape(*shape, -1), weights[chosen].reshape(shape)
    return ArrayDataset((Block(values, weights),))

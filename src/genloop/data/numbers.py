"""What all numbers of a run share: how many are in an example, what they are called, and how many loops run as one.

A prepared folder holds `train.npy` and `test.npy`, shape (replicate, example, column), and may hold `info.json`, which
names the columns.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

from genloop.data.arrays import EXAMPLES_FILE, ArrayDataset
from genloop.data.distributions import Distribution
from genloop.data.number_files import NumberFiles
from genloop.examples import Examples
from genloop.types import Format

INFO_FILE = "info.json"
NUM_SHOWN = 8


def of_first(data: ArrayDataset) -> str:
    """Return of which replicate the examples are that are shown; nothing where there is only one."""
    return f"of the first of {data.num_replicates:,} replicates" if data.num_replicates > 1 else ""


@dataclass(frozen=True)
class NumberDomain:
    """Examples of so many numbers.

    Attributes:
        directory: where their source was prepared.
        truth: what the real data were drawn from, where their source knows.
    """

    name: ClassVar[str] = "numbers"

    directory: Path
    truth: Distribution | None = None

    def prepared(self, part: Literal["train", "test"]) -> ArrayDataset:
        return replace(ArrayDataset.open(self.directory / f"{part}.npy"), truth=self.truth, names=self._names)

    def generated(self, directory: Path) -> ArrayDataset:
        return ArrayDataset.open(directory / EXAMPLES_FILE)

    def show(self, data: ArrayDataset, num: int | None = None, *, beside: Sequence[ArrayDataset] = ()) -> Examples:
        """Return the first examples of the first replicate."""
        rows = data.slice(0, min(len(data), NUM_SHOWN if num is None else num)).read()[0]
        return Examples(rows=rows.tolist(), columns=self.columns, about=of_first(data))

    @property
    def formats(self) -> dict[str, Format[ArrayDataset]]:
        return NumberFiles(self.columns, self.num_replicates).formats

    @cached_property
    def columns(self) -> tuple[str, ...]:
        """Names of the numbers in an example; x1, x2 and so on where the real data name none, or some alike."""
        if self._names and len(set(self._names)) == len(self._names):
            return self._names
        return tuple(f"x{number}" for number in range(1, self._shape[1] + 1))

    @property
    def num_replicates(self) -> int:
        """Independent loops that run as one batch."""
        return self._shape[0]

    @property
    def numbers_per_example(self) -> int:
        """Numbers in an example, of all replicates together."""
        return self._shape[0] * self._shape[1]

    @cached_property
    def _names(self) -> tuple[str, ...] | None:
        """Names of the numbers, as the real data have them; None where they have none."""
        path = self.directory / INFO_FILE
        names = json.loads(path.read_text("utf-8")).get("columns") if path.exists() else None
        return tuple(names) if names else None

    @cached_property
    def _shape(self) -> tuple[int, int]:
        """Replicates and columns."""
        num_replicates, _, num_columns = self.prepared("train").blocks[0].values.shape
        return num_replicates, num_columns

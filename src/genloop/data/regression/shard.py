"""One source of regression data, held as what determines it: a design, what made its targets, the seed of its noise.

Rows are computed when somebody asks. What a fit on the whole of it needs, X'X and X'y, is computed once and saved.

Legend: R replicates, N rows, T rows after which a design repeats itself, d dimension.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any, Self

import numpy as np

from genloop.data.regression.design import Array, Design, normal_rows, product


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
        with _opened(self.path) as file:
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


def write_arrays(path: Path, recipe: Mapping[str, Any], arrays: Mapping[str, Array]) -> None:
    """Write arrays and plain values into one `.npz` file."""
    named: dict[str, Any] = {"recipe": np.array(json.dumps(recipe)), **arrays}
    np.savez(path, **named)


def read_arrays(path: Path, *names: str) -> tuple[dict[str, Any], dict[str, Array]]:
    """Read from what `write_arrays` wrote: plain values, and the arrays of these names."""
    with _opened(path) as file:
        return json.loads(str(file["recipe"])), {name: file[name] for name in names}


def _opened(path: Path) -> Any:
    """Open an `.npz` file that is read whole first: zipfile hides what the system says against reading."""
    return np.load(BytesIO(path.read_bytes()), allow_pickle=False)

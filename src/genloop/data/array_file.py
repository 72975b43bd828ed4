"""Numbers of the user's own, from a table in a `.csv` or `.npy` file: rows are examples, columns are numbers."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from genloop.data.arrays import EXAMPLES_FILE, ArrayDataset
from genloop.errors import UserError, unknown_name
from genloop.identity import file_digest
from genloop.types import Context

HELD_OUT = 10  # one row in so many becomes test data


@dataclass(frozen=True)
class ArrayFile:
    """Numeric columns of a file, as one replicate.

    Attributes:
        train: path of the training rows.
        test: path of the test rows; None holds out a tenth of the training rows, drawn at random.
        columns: names of the columns of a `.csv` with a header; None takes all.
        seed: of the draw of the held-out rows.
    """

    version: ClassVar[int] = 1

    train: str
    test: str | None = None
    columns: tuple[str, ...] | None = None
    seed: int = 0

    def identity(self) -> Any:
        return {
            "type": "ArrayFile",
            "version": self.version,
            "train": file_digest(_locate("train", self.train)),
            "test": self.seed if self.test is None else file_digest(_locate("test", self.test)),
            "columns": self.columns,
        }

    def prepare(self, directory: Path, context: Context) -> None:
        train = _read(_locate("train", self.train), self.columns)
        if self.test is None:
            order = np.random.default_rng(self.seed).permutation(len(train))
            held_out = max(1, len(train) // HELD_OUT)
            test, train = train[order[:held_out]], train[order[held_out:]]
        else:
            test = _read(_locate("test", self.test), self.columns)
            if np.array_equal(train, test):
                raise UserError(f"test={self.test!r} holds the training rows. Give others, or leave test out.")
        self._check(train, test)
        np.save(directory / "train.npy", train[None], allow_pickle=False)
        np.save(directory / "test.npy", test[None], allow_pickle=False)

    def load(self, directory: Path, part: Literal["train", "test"]) -> ArrayDataset:
        return ArrayDataset.open(directory / f"{part}.npy")

    def load_samples(self, directory: Path, prepared_dir: Path) -> ArrayDataset:
        return ArrayDataset.open(directory / EXAMPLES_FILE)

    def _check(self, train: np.ndarray, test: np.ndarray) -> None:
        if len(train) < 2:
            raise UserError(f"{self.train} leaves {len(train)} rows to train on. Give 3 rows or more.")
        if train.shape[1] != test.shape[1]:
            raise UserError(
                f"{self.train} has {train.shape[1]} columns and {self.test} has {test.shape[1]}. Give both the same."
            )
        constant = np.flatnonzero(np.ptp(train, axis=0) == 0)
        if len(constant):
            raise UserError(
                f"{self.train}: column {constant[0] + 1} is {train[0, constant[0]]:g} in every training row, so there "
                "is nothing to learn. Leave it out."
            )


def _locate(field: str, written: str) -> Path:
    path = Path(written).expanduser()
    if path.is_dir():
        raise UserError(f"{field}={written!r} is a folder. Name a .csv or .npy file.")
    if not path.is_file():
        raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
    if path.suffix not in (".csv", ".npy"):
        raise UserError(f"{field}={written!r} is neither .csv nor .npy. Convert it to one of them.")
    return path


def _read(path: Path, columns: Sequence[str] | None) -> np.ndarray:
    """Return the rows of a file, shape (row, column)."""
    rows = _read_csv(path, columns) if path.suffix == ".csv" else _read_npy(path, columns)
    if rows.size == 0:
        raise UserError(f"{path} holds no rows of numbers. Give a file with data.")
    if not np.isfinite(rows).all():
        row, column = np.argwhere(~np.isfinite(rows))[0]
        raise UserError(
            f"{path}: row {row + 1}, column {column + 1} of the data is {rows[row, column]}, which is not finite. "
            "Remove such rows, or fill them in."
        )
    return rows


def _read_npy(path: Path, columns: Sequence[str] | None) -> np.ndarray:
    if columns is not None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no names. Remove columns.")
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError) as problem:
        raise UserError(f"{path} is no readable .npy array of numbers: {problem}. Write it with numpy.save.") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise UserError(f"{path} is no table of real numbers. Save an array of shape (rows,) or (rows, columns).")
    return np.asarray(array, float).reshape(len(array), -1)


def _read_csv(path: Path, columns: Sequence[str] | None) -> np.ndarray:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [(number, line) for number, line in enumerate(csv.reader(file), start=1) if any(line)]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{path} is no readable CSV: {problem}. Save it as UTF-8 text.") from None
    if not lines:
        return np.empty((0, 0))
    header = lines[0][1]
    has_header = not all(map(_is_number, header))
    chosen = _choose(path, header if has_header else None, columns) if columns else range(len(header))
    rows = [_parse_line(path, number, line, len(header), chosen) for number, line in lines[has_header:]]
    return np.array(rows, float).reshape(len(rows), len(chosen))


def _choose(path: Path, header: Sequence[str] | None, columns: Sequence[str]) -> list[int]:
    if header is None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no header. Add a first line.")
    places = {name.strip(): place for place, name in enumerate(header)}
    for name in columns:
        if name not in places:
            raise unknown_name(f"column of {path}", name, places)
    return [places[name] for name in columns]


def _parse_line(path: Path, number: int, line: Sequence[str], num_cells: int, chosen: Sequence[int]) -> list[float]:
    if len(line) != num_cells:
        raise UserError(f"{path}, line {number}, has {len(line)} cells where the first has {num_cells}. Correct it.")
    for place in chosen:
        if not _is_number(line[place]):
            raise UserError(
                f"{path}, line {number}, has {line[place]!r:.40} in column {place + 1}, which is no number. "
                "Correct it, or name the numeric columns, for example columns=[height,weight]."
            )
    return [float(line[place]) for place in chosen]


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True

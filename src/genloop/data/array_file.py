"""Numbers of the user's own, from a table in a `.csv` or `.npy` file: rows are examples, columns are numbers.

A prepared folder holds `train.npy`, `test.npy`, and `info.json` with the names of the columns, which are null where the
first line of the file was taken for an example.
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from genloop.data.left_out import write_left_out, write_notices
from genloop.data.numbers import INFO_FILE, NumberDomain
from genloop.data.reading import listed, named_path, readable
from genloop.data.seeds import check_seed
from genloop.data.table import Table, read_table
from genloop.errors import UserError, unknown_name
from genloop.identity import file_digest, type_name
from genloop.types import Context

FEWEST_TO_JUDGE = 10  # rows that tell an index
SPREADS = (1e-140, 1e140)  # of a column; beyond, squares and their sums leave the range of numbers
HELD_OUT = 10  # one row in so many becomes test data
FEWEST_TEST_ROWS = 3  # wasserstein compares two halves of them, and a spread takes two


@dataclass(frozen=True)
class ArrayFile:
    """Numeric columns of a file, as one replicate, in random order.

    The first line of a `.csv` is a header if no cell of it is a number. A header of numbers alone, such as years, would
    be taken for an example: give its columns names, such as y2019.

    Attributes:
        train: path of the training rows.
        test: path of the test rows, whose columns are found by their names where both files have a header; None holds
            out a tenth of the training rows, drawn at random.
        columns: names of the columns of a `.csv` with a header; None takes all.
        seed: of the draw of the held-out rows and of the order.
        broken: what is done about rows with an empty cell, no number or another number of cells: `refuse` them, or
            `skip` and count them.
    """

    version: ClassVar[int] = 1

    train: str
    test: str | None = None
    columns: tuple[str, ...] | None = None
    seed: int = 0
    broken: Literal["refuse", "skip"] = "refuse"

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.broken not in ("refuse", "skip"):
            raise unknown_name("treatment of broken rows", self.broken, ("refuse", "skip"))

    def identity(self) -> object:
        return {
            "type": type_name(self),
            "version": self.version,
            "train": file_digest(_locate("train", self.train)),
            "test": self.seed if self.test is None else [file_digest(_locate("test", self.test)), self.seed],
            "columns": self.columns,
            **({} if self.broken == "refuse" else {"broken": self.broken}),  # keys from before there was a choice
        }

    def prepare(self, directory: Path, context: Context) -> None:
        table = self._read("train", self.train)
        left_out = {"train": table.left_out}
        random = np.random.default_rng(self.seed)
        train = random.permutation(table.rows)
        if self.test is None:
            held_out = max(1, len(train) // HELD_OUT)
            test, train = train[:held_out], train[held_out:]
        else:
            given = self._read("test", self.test)
            left_out["test"] = given.left_out
            test = random.permutation(self._rows_alike(table, given))
        self._check(train, test, table)
        np.save(directory / "train.npy", train[None], allow_pickle=False)
        np.save(directory / "test.npy", test[None], allow_pickle=False)
        (directory / INFO_FILE).write_text(json.dumps({"columns": table.names}, indent=2) + "\n", "utf-8")
        write_left_out(directory, left_out)
        write_notices(directory, (*_like_an_index(table), *(_copies(train, test) if self.test is None else ())))

    def open(self, directory: Path) -> NumberDomain:
        return NumberDomain(directory)

    def _read(self, field: str, written: str) -> Table:
        return read_table(_locate(field, written), self.columns, skip=self.broken == "skip")

    def _rows_alike(self, train: Table, test: Table) -> np.ndarray:
        """Return the test rows, with the columns of the training rows."""
        rows = test.rows
        if train.names and test.names and train.names != test.names:
            if sorted(train.names) != sorted(test.names) or len(set(train.names)) < len(train.names):
                raise UserError(
                    f"{self.train} has the columns {listed(train.names)} and {self.test} has {listed(test.names)}. "
                    "Give both the same, or say which to take, as in columns=[height,weight]."
                )
            rows = rows[:, [test.names.index(name) for name in train.names]]
        if train.rows.shape[1] != rows.shape[1]:
            raise UserError(
                f"{self.train} has {train.rows.shape[1]} columns and {self.test} has {rows.shape[1]}. Give both the "
                "same."
            )
        self._check_overlap(train.rows, rows)
        return rows

    def _check_overlap(self, train: np.ndarray, test: np.ndarray) -> None:
        """Raise UserError if more test rows are training rows than chance explains.

        Coarse values, such as counts, repeat honestly: test rows are then training rows about as often as training
        rows equal another one. Four standard errors of a count are allowed for.
        """
        times = Counter(map(tuple, train.tolist()))
        shared = [place for place, row in enumerate(test.tolist(), start=1) if tuple(row) in times]
        by_chance = len(test) * sum(num for num in times.values() if num > 1) / len(train)
        if np.array_equal(train, test) or len(shared) > by_chance + 4 * np.sqrt(by_chance):
            raise UserError(
                f"test={self.test!r} holds training rows: {len(shared)} of its {len(test)}, such as row {shared[0]}. "
                "Give others, or leave test out."
            )

    def _check(self, train: np.ndarray, test: np.ndarray, table: Table) -> None:
        """Raise UserError if there is nothing to learn, or nothing to measure it by."""
        name, remedy = (self.train, "rows") if self.test is None else (self.test, "test rows")
        if len(test) < FEWEST_TEST_ROWS:
            fewest = FEWEST_TEST_ROWS * (HELD_OUT if self.test is None else 1)
            raise UserError(f"{name} has too few rows to test on, {len(test)}. Give {fewest} {remedy} or more.")
        if len(train) < 2:
            raise UserError(f"{self.train} leaves {len(train)} rows to train on. Give 2 rows or more.")
        for column in _constant_columns(train):
            raise UserError(
                f"{self.train}: {table.called(column)} is {train[0, column]:g} in every training row, so there "
                "is nothing to learn. Leave it out."
            )
        for column in np.flatnonzero(~_has_squares(train)):
            raise UserError(
                f"{self.train}: {table.called(column)} goes from {train[:, column].min():g} to "
                f"{train[:, column].max():g}, so far apart or so close that squares of differences cannot be computed. "
                "Write it in another unit."
            )
        for column in _constant_columns(test):
            raise UserError(
                f"{name}: {table.called(column)} is {test[0, column]:g} in all {len(test)} test rows, so there is no "
                f"spread to measure in. Give more {remedy}, or leave the column out."
            )


def _constant_columns(rows: np.ndarray) -> np.ndarray:
    return np.flatnonzero((rows == rows[0]).all(axis=0))


def _has_squares(rows: np.ndarray) -> np.ndarray:
    """Return which columns have a spread of which squares, and sums of these, are numbers."""
    spread = np.ptp(rows / 2, axis=0)  # half of it: the whole may be no number
    return (spread > SPREADS[0]) & (spread < SPREADS[1])


def _like_an_index(table: Table) -> Iterator[str]:
    """Iterate over what to say of columns that seem to name their rows: whole numbers, in every row another."""
    for column, cells in enumerate(table.rows.T):
        if len(cells) < FEWEST_TO_JUDGE or not np.array_equal(cells, np.rint(cells)):
            continue
        if np.array_equal(cells, np.arange(len(cells)) + cells[0]):
            what = f"counts the rows from {cells[0]:g}, as an index does"
        elif len(np.unique(cells)) == len(cells):
            what = "is another whole number in every row, as an id is"
        else:
            continue
        yield f"Of the data, {table.called(column)} {what}. If it is one, leave it out, with columns=[...]."


def _copies(train: np.ndarray, test: np.ndarray) -> Iterator[str]:
    """Iterate over what to say where rows that are held out are training rows, too."""
    known = set(map(tuple, train.tolist()))
    if num := sum(tuple(row) in known for row in test.tolist()):
        yield (
            f"{num:,} of {len(test):,} rows held out for testing equal a training row. If rows were copied, remove the "
            "copies, since a test on them rewards memory."
        )


def _locate(field: str, written: str) -> Path:
    path = named_path(field, written)
    if path.is_dir():
        raise UserError(f"{field}={written!r} is a folder. Name a .csv or .npy file.")
    if not path.is_file():
        raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
    if path.suffix.lower() not in (".csv", ".npy"):
        raise UserError(f"{field}={written!r} is neither .csv nor .npy. Convert it to one of them.")
    return readable(path)

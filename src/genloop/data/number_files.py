"""Numbers as files that other tools read and write: tables in CSV and Parquet, arrays in `.npz` and `.npy`.

A row of a table is an example. Where independent loops run as a batch, the column `replicate` says of which one it is;
in arrays they are the first axis. A `.npy` holds the numbers alone.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.arrays import ArrayDataset
from genloop.data.extras import needs_extra
from genloop.data.parquet import file_facts, origin_kinds
from genloop.data.reading import reason
from genloop.data.table import read_table
from genloop.errors import UserError
from genloop.examples import Origins
from genloop.types import Format

REPLICATE = "replicate"
EXAMPLES = "examples"  # name of the array in an `.npz`


@dataclass(frozen=True)
class NumberFiles:
    """Files of examples that have the same columns.

    Attributes:
        columns: names of the numbers in an example.
        num_replicates: independent loops.
    """

    columns: Sequence[str]
    num_replicates: int

    @property
    def formats(self) -> dict[str, Format[ArrayDataset]]:
        """The formats, by the ending of a file's name."""
        return {
            ".csv": Format(self.write_csv, self.read_csv),
            ".parquet": Format(self.write_parquet, self.read_parquet),
            ".npz": Format(self.write_npz, self.read_npz),
            ".npy": Format(self.write_npy, self.read_npy),
        }

    def write_csv(self, data: ArrayDataset, path: Path, origins: Origins) -> None:
        table = self._table(data, origins)
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(table)
            writer.writerows(zip(*(column.tolist() for column in table.values()), strict=True))

    def write_parquet(self, data: ArrayDataset, path: Path, origins: Origins) -> None:
        pyarrow, parquet = _pyarrow()
        table = self._table(data, origins)
        kinds = [None] * (len(table) - len(origins.columns)) + list(origin_kinds(origins).values())
        arrays = {name: pyarrow.array(*column) for name, *column in zip(table, table.values(), kinds, strict=True)}
        parquet.write_table(pyarrow.table(arrays).replace_schema_metadata(file_facts(origins)), path)

    def write_npz(self, data: ArrayDataset, path: Path, origins: Origins) -> None:
        arrays = {EXAMPLES: data.read(), "columns": np.array(self.columns)}
        with path.open("wb") as file:
            np.savez(file, **arrays, **_origin_columns(data, origins, absent=""))

    def write_npy(self, data: ArrayDataset, path: Path, origins: Origins) -> None:
        """Write shape (example, column), or (replicate, example, column) where there are several replicates."""
        values = data.read()
        with path.open("wb") as file:
            np.save(file, values[0] if self.num_replicates == 1 else values, allow_pickle=False)

    def read_csv(self, path: Path) -> ArrayDataset:
        return self._examples(path, read_table(path, self._names).rows)

    def read_parquet(self, path: Path) -> ArrayDataset:
        pyarrow, parquet = _pyarrow()
        try:
            table = parquet.read_table(path, columns=list(self._names))
            columns = [table.column(name).to_numpy() for name in self._names]
            rows = np.stack(columns, axis=1).astype(float)
        except (pyarrow.ArrowException, OSError, KeyError, ValueError, TypeError) as problem:
            raise UserError(
                f"{path} is no Parquet with the numbers {', '.join(self._names)}: {reason(problem)}. Write it again."
            ) from None
        return self._examples(path, rows)

    def read_npz(self, path: Path) -> ArrayDataset:
        return self._array(path, lambda: np.load(path, allow_pickle=False)[EXAMPLES])

    def read_npy(self, path: Path) -> ArrayDataset:
        return self._array(path, lambda: np.load(path, allow_pickle=False))

    @property
    def _names(self) -> tuple[str, ...]:
        """Names of the columns that are read from a table."""
        return (*([REPLICATE] if self.num_replicates > 1 else []), *self.columns)

    def _table(self, data: ArrayDataset, origins: Origins) -> dict[str, np.ndarray]:
        """Return the columns of a table: the numbers of all examples, and who made them."""
        values = data.read()
        table = {name: values[:, :, place].ravel() for place, name in enumerate(self.columns)}
        if self.num_replicates > 1:
            table = {REPLICATE: np.repeat(np.arange(len(values)), len(data)), **table}
        beside = _origin_columns(data, origins)
        return table | {_other_than(table, name): column.ravel() for name, column in beside.items()}

    def _examples(self, path: Path, rows: np.ndarray) -> ArrayDataset:
        """Return the rows of a table as data; those of a replicate stay in their order."""
        if self.num_replicates == 1:
            return _data(path, rows[None])
        sizes = [np.count_nonzero(rows[:, 0] == number) for number in range(self.num_replicates)]
        if len(set(sizes)) > 1 or sum(sizes) != len(rows):
            raise UserError(
                f"{path} has not as many rows of each {REPLICATE} from 0 to {self.num_replicates - 1}. Write them all."
            )
        ordered = rows[np.argsort(rows[:, 0], kind="stable"), 1:]
        return _data(path, ordered.reshape(self.num_replicates, sizes[0], -1))

    def _array(self, path: Path, read: Callable[[], Any]) -> ArrayDataset:
        shape = f"({self.num_replicates}, examples, {len(self.columns)})"
        try:
            found = np.asarray(read())
        except Exception as problem:  # zipfile and numpy raise whatever they like at broken bytes
            raise UserError(
                f"{path} cannot be read as numbers of shape {shape}: {reason(problem)}. Write it again."
            ) from None
        values = found[None] if found.ndim == 2 else found
        fits = values.ndim == 3 and values.dtype.kind in "iuf"
        if not fits or (len(values), values.shape[2]) != (self.num_replicates, len(self.columns)):
            raise UserError(f"{path} holds {found.dtype} of shape {found.shape}, no numbers of shape {shape}.")
        return _data(path, values)


def _data(path: Path, values: np.ndarray) -> ArrayDataset:
    """Return finite numbers as data."""
    if num := int(np.sum(~np.isfinite(values))):
        raise UserError(f"{path}: {num:,} of its numbers are missing or not finite. Remove such rows, or fill them in.")
    return ArrayDataset.of(values)


def _other_than(table: Mapping[str, Any], name: str) -> str:
    """Return the name of a column beside those of a table, which may have a weight of its own."""
    return f"genloop.{name}" if name in table else name


def _origin_columns(data: ArrayDataset, origins: Origins, absent: Any = None) -> dict[str, np.ndarray]:
    """Return what stands beside every example, each of shape (replicate, example)."""
    numbers = np.rint(data.read_weights()).astype(int) - 1
    return {name: _filled(origins, name, absent)[numbers] for name in origins.columns}


def _filled(origins: Origins, name: str, absent: Any) -> np.ndarray:
    """Return one entry of all records; as objects, unless something stands for None, which arrays do not hold."""
    values = [absent if record[name] is None else record[name] for record in origins.records]
    return np.array(values, object if absent is None else None)


def _pyarrow() -> tuple[Any, Any]:
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet
    return pyarrow, parquet

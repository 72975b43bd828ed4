"""Tables of numbers in `.csv` and `.npy` files.

Whether the first line of a `.csv` is a header is told by its cells: if no cell is a number it is one, if all are it is
an example, and a mixture is refused. A header of numbers alone, such as years, cannot be told from an example.
"""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from genloop.errors import UserError, unknown_name


@dataclass(frozen=True, eq=False)
class Table:
    """Finite numbers.

    Attributes:
        rows: shape (row, column).
        names: of the columns; None where the file has none.
    """

    rows: np.ndarray
    names: tuple[str, ...] | None = None


def read_table(path: Path, columns: Sequence[str] | None) -> Table:
    """Read the columns of these names, or all for None.

    Raises:
        UserError: if the file is no table of finite numbers or has no such columns.
    """
    table = _read_csv(path, columns) if path.suffix == ".csv" else _read_npy(path, columns)
    if table.rows.size == 0:
        raise UserError(f"{path} holds no rows of numbers. Give a file with data.")
    if not np.isfinite(table.rows).all():
        row, column = np.argwhere(~np.isfinite(table.rows))[0]
        raise UserError(
            f"{path}: row {row + 1}, column {column + 1} of the data is {table.rows[row, column]}, which is not "
            "finite. Remove such rows, or fill them in."
        )
    return table


def _read_npy(path: Path, columns: Sequence[str] | None) -> Table:
    if columns is not None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no names. Remove columns.")
    try:
        array = np.load(path, allow_pickle=False)
    except (ValueError, OSError, EOFError, BadZipFile) as problem:
        raise UserError(f"{path} is no readable .npy array of numbers: {problem}. Write it with numpy.save.") from None
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
        raise UserError(f"{path} is no table of real numbers. Save an array of shape (rows,) or (rows, columns).")
    return Table(np.asarray(array[:, None] if array.ndim == 1 else array, float))


def _read_csv(path: Path, columns: Sequence[str] | None) -> Table:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = [(number, line) for number, line in enumerate(csv.reader(file), start=1) if any(line)]
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{path} is no readable CSV: {problem}. Save it as UTF-8 text.") from None
    if not lines:
        return Table(np.empty((0, 0)))
    first = lines[0][1]
    header = _header(path, first)
    chosen = _choose(path, header, columns) if columns else range(len(first))
    rows = [_parse_line(path, number, line, len(first), chosen) for number, line in lines[header is not None :]]
    values = np.array(rows, float).reshape(len(rows), len(chosen))
    return Table(values, None if header is None else tuple(header[place] for place in chosen))


def _header(path: Path, first: Sequence[str]) -> list[str] | None:
    """Return the names in the first line, or None if it is an example."""
    if len(first) == 1 and (";" in first[0] or "\t" in first[0]):
        raise UserError(
            f"{path} begins with the one cell {first[0]!r:.40}. Separate cells by commas and write decimals with "
            "points."
        )
    numbers = [cell for cell in first if _is_number(cell)]
    words = [cell for cell in first if not _is_number(cell)]
    if numbers and words:
        raise UserError(
            f"{path} begins with a line that holds the number {numbers[0]!r:.40} and {words[0]!r:.40}, which is none, "
            "so it is neither an example nor a header. Write numbers alone, or names alone."
        )
    return [word.strip() for word in words] or None


def _choose(path: Path, header: Sequence[str] | None, columns: Sequence[str]) -> list[int]:
    if header is None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no header. Add a first line.")
    for name in columns:
        if name not in header:
            raise unknown_name(f"column of {path}", name, header)
        if header.count(name) > 1:
            raise UserError(f"{path} has {header.count(name)} columns named {name!r}. Give each a name of its own.")
    return [header.index(name) for name in columns]


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

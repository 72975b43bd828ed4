"""Tables of numbers in `.csv` and `.npy` files.

Whether the first line of a `.csv` is a header is told by its cells: if no cell is a number it is one, if all are it is
an example, and a mixture is refused. A header of numbers alone, such as years, cannot be told from an example.
"""

import csv
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from genloop.data.reading import reason
from genloop.errors import UserError, unknown_name

SEPARATED = re.compile(r"[-+]?\d[\d.,'\s]*")  # digits with marks between them
BLANK = "blank lines"
NOT_FINITE = "a number is not finite"


@dataclass(frozen=True, eq=False)
class Table:
    """Finite numbers.

    Attributes:
        rows: shape (row, column).
        names: of the columns; None where the file has none.
        left_out: how many rows of the file are not here, by the reason.
    """

    rows: np.ndarray
    names: tuple[str, ...] | None = None
    left_out: Mapping[str, int] = field(default_factory=dict)

    def called(self, column: int) -> str:
        """Return what to call a column in a message."""
        return called(column, self.names)


def called(column: int, names: Sequence[str] | None) -> str:
    """Return what to call a column in a message, such as `column 2 (height)`."""
    return f"column {column + 1}" + (f" ({names[column]:.40})" if names else "")


class _BadRow(Exception):
    """A row that is no example: the reason, and what the message says after the place."""

    def __init__(self, why: str, problem: str) -> None:
        super().__init__(problem)
        self.why = why


def read_table(path: Path, columns: Sequence[str] | None, *, skip: bool = False) -> Table:
    """Read the columns of these names, or all for None.

    Args:
        path: of the file.
        columns: names of columns.
        skip: whether rows that are no numbers are left out and counted instead of refused.

    Raises:
        UserError: if the file is no table of finite numbers or has no such columns.
    """
    table = _read_csv(path, columns, skip) if path.suffix.lower() == ".csv" else _read_npy(path, columns)
    is_finite = np.isfinite(table.rows).all(axis=1)
    if not is_finite.all():
        if not skip:
            raise _not_finite(path, table)
        left_out = {**table.left_out, NOT_FINITE: int(np.sum(~is_finite))}
        table = Table(table.rows[is_finite], table.names, left_out)
    if table.rows.size == 0:
        raise UserError(f"{path} holds no rows of numbers. Give a file with data.")
    return table


def _not_finite(path: Path, table: Table) -> UserError:
    row, column = np.argwhere(~np.isfinite(table.rows))[0]
    return UserError(
        f"{path}: row {row + 1}, column {column + 1} of the data is {table.rows[row, column]}, which is not "
        "finite. Remove such rows, fill them in, or set broken to skip."
    )


def _read_npy(path: Path, columns: Sequence[str] | None) -> Table:
    if columns is not None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no names. Remove columns.")
    try:
        array = np.load(path, mmap_mode="r", allow_pickle=False)  # refuses a header that says more than there is
        if array.dtype.kind not in "iuf" or array.ndim not in (1, 2):
            raise UserError(f"{path} is no table of real numbers. Save an array of shape (rows,) or (rows, columns).")
        return Table(np.asarray(array[:, None] if array.ndim == 1 else array, float))
    except UserError:
        raise
    except Exception as problem:  # of numpy's reader of headers, which evaluates them, or of a lack of memory
        raise UserError(
            f"{path} is no readable .npy array of numbers: {reason(problem):.200}. Write it with numpy.save."
        ) from None


def _read_csv(path: Path, columns: Sequence[str] | None, skip: bool) -> Table:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = list(enumerate(csv.reader(file), start=1))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise UserError(f"{path} is no readable CSV: {problem}. Save it as UTF-8 text.") from None
    while lines and not lines[-1][1]:  # a file may end in blank lines
        lines.pop()
    first = next((line for _, line in lines if line), [])
    header = _header(path, first)
    chosen = _choose(path, header, columns) if columns else range(len(first))
    if header and not all(header[place] for place in chosen):
        raise UserError(_without_name(path, header))

    start = next((place for place, (_, line) in enumerate(lines) if line), 0) + (header is not None)
    rows, left_out = [], Counter[str]({BLANK: sum(not line for _, line in lines[:start])})
    for number, line in lines[start:]:
        try:
            rows.append(_parse_line(line, len(first), chosen))
        except _BadRow as bad:
            if bad.why != BLANK and not skip:
                raise UserError(f"{path}, line {number}, {bad} Correct it, or set broken to skip.") from None
            left_out[bad.why] += 1
    values = np.array(rows, float).reshape(len(rows), len(chosen))
    return Table(values, None if header is None else tuple(header[place] for place in chosen), left_out)


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


def _without_name(path: Path, header: Sequence[str]) -> str:
    named = [name for name in header if name][:3]
    example = f", for example columns=[{','.join(named)}]" if named else ""
    return (
        f"{path}: column {header.index('') + 1} has no name, as the row numbers that pandas writes. Write the file "
        f"without an index, or name the columns to take{example}."
    )


def _choose(path: Path, header: Sequence[str] | None, columns: Sequence[str]) -> list[int]:
    if header is None:
        raise UserError(f"columns={list(columns)} cannot be chosen from {path}, which has no header. Add a first line.")
    for name in columns:
        if name not in header:
            raise unknown_name(f"column of {path}", name, header)
        if header.count(name) > 1:
            raise UserError(f"{path} has {header.count(name)} columns named {name!r}. Give each a name of its own.")
    return [header.index(name) for name in columns]


def _parse_line(line: Sequence[str], num_cells: int, chosen: Sequence[int]) -> list[float]:
    """Return the chosen numbers of a line; a blank line is an empty cell in a table of one column."""
    if not line and num_cells > 1:
        raise _BadRow(BLANK, "is blank.")
    if len(line or [""]) != num_cells:
        raise _BadRow("another number of cells", f"has {len(line)} cells where the first has {num_cells}.")
    for place in chosen:
        cell = line[place] if line else ""
        if not cell.strip():
            raise _BadRow("an empty cell", f"has nothing in column {place + 1}.")
        if not _is_number(cell):
            remedy = "Name the numeric columns if it never holds any, for example columns=[height,weight]."
            if SEPARATED.fullmatch(cell.strip()):
                remedy = "Write decimals with points, and nothing between thousands."
            raise _BadRow(
                "a cell is no number", f"has {cell!r:.40} in column {place + 1}, which is no number. {remedy}"
            )
    return [float(line[place]) for place in chosen]


def _is_number(cell: str) -> bool:
    """Whether a cell is a number as programs write them; Python's own `5_000` is none."""
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell

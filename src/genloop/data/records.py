"""Rows of tables in files: JSON lines, CSV and Parquet, compressed or not. One after the other, so they may be long."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.named_files import DAMAGE, FileFormat, open_file
from genloop.data.reading import listed, reason
from genloop.errors import UserError

LONGEST_CELL = (1 << 31) - 1  # characters
NAMES = {"json-lines": "JSON lines", "csv": "CSV", "tsv": "CSV", "parquet": "Parquet"}


def cells_of(path: Path, file_format: FileFormat, column: str) -> Iterator[tuple[str, Any]]:
    """Iterate over the cells of one column, each after where it is, for messages.

    Raises:
        UserError: if the file is no readable table, or has no such column.
    """
    if file_format.kind == "parquet":
        return _parquet(path, file_format, column)
    return _lines(path, file_format, column)


def _parquet(path: Path, file_format: FileFormat, column: str) -> Iterator[tuple[str, Any]]:
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet
    if file_format.compression:
        raise UserError(f"{path} is Parquet within another compression. Unpack it: Parquet is compressed already.")
    try:
        with parquet.ParquetFile(path) as file:
            _check_column(str(path), column, file.schema_arrow.names)
            cells = (cell for batch in file.iter_batches(columns=[column]) for cell in batch.column(0).to_pylist())
            for number, cell in enumerate(cells):
                yield f"{path}, row {number},", cell
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as problem:  # damaged names, text or dates
        raise UserError(f"{path} is no readable Parquet: {reason(problem)}. Write it again.") from problem


def _lines(path: Path, file_format: FileFormat, column: str) -> Iterator[tuple[str, Any]]:
    read = _json if file_format.kind == "json-lines" else _csv
    try:
        with open_file(path, file_format.compression) as stream:
            lines = io.TextIOWrapper(stream, encoding="utf-8-sig", newline="" if read is _csv else None)
            yield from read(path, file_format, column, lines)
    except (UnicodeDecodeError, csv.Error, *DAMAGE) as problem:
        kind = NAMES[file_format.kind]
        raise UserError(f"{path} cannot be read as {kind}: {reason(problem)}. Write it again.") from problem


def _json(path: Path, file_format: FileFormat, column: str, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    filled = ((number, line) for number, line in enumerate(lines, start=1) if line.strip())
    first = next(filled, None)
    if (
        first
        and path.name.lower().removesuffix(f".{file_format.compression}").endswith(".json")
        and _is_array(first[1])
    ):
        whole = _loaded(f"{path}", "".join([first[1], *(line for _, line in filled)]))
        for number, record in enumerate(whole):
            place = f"{path}, entry {number},"
            yield place, _field(place, column, record)
        return
    for number, line in chain([first] if first else [], filled):
        place = f"{path}, line {number},"
        yield place, _field(place, column, _loaded(place, line))


def _is_array(line: str) -> bool:
    return line.lstrip().startswith("[")


def _loaded(place: str, written: str) -> Any:
    try:
        return json.loads(written)
    except json.JSONDecodeError as problem:
        raise UserError(f"{place} is no JSON: {problem}. Write one object a line.") from None
    except (ValueError, RecursionError) as problem:  # a number of over 4,300 digits, or lists in lists in lists
        raise UserError(f"{place} is more than can be read: {reason(problem)}. Leave out all but the text.") from None


def _field(place: str, column: str, record: Any) -> Any:
    if not isinstance(record, dict):
        raise UserError(f"{place} is no JSON object but {record!r:.40}. Write one object a line.")
    _check_column(place, column, list(record))
    return record[column]


def _csv(path: Path, file_format: FileFormat, column: str, lines: Iterable[str]) -> Iterator[tuple[str, Any]]:
    csv.field_size_limit(LONGEST_CELL)
    rows = csv.reader(lines, delimiter="\t" if file_format.kind == "tsv" else ",")
    header = next(rows, [])
    _check_column(f"{path}", column, header)
    place = header.index(column)
    for row in filter(None, rows):
        where = f"{path}, line {rows.line_num},"
        if len(row) != len(header):
            raise UserError(f"{where} has {len(row)} cells where the first has {len(header)}. Correct it.")
        yield where, row[place]


def _check_column(place: str, column: str, columns: Sequence[str]) -> None:
    if column not in columns:
        raise UserError(f"{place} has no column {column!r}. Set text_column to one of: {listed(columns)}.")

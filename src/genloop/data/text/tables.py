"""Texts in tables: a column of Parquet, or a name in the objects of JSON lines."""

import gzip
import json
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.reading import reason
from genloop.data.text.cells import check_text
from genloop.errors import UserError


def read_parquet(path: Path, column: str) -> Iterator[str]:
    """Iterate over the texts in a column of a Parquet file.

    Raises:
        UserError: if it is none, or holds no such column of texts.
    """
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet
    try:
        with parquet.ParquetFile(path) as file:
            _check_column(path, column, file.schema_arrow.names)
            cells = (cell for batch in file.iter_batches(columns=[column]) for cell in batch.column(0).to_pylist())
            for number, cell in enumerate(cells):
                yield check_text(f"{path}, row {number},", column, cell)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as problem:  # damaged names, text or dates
        raise UserError(f"{path} is no readable Parquet: {reason(problem)}. Write it again.") from problem


def read_json_lines(path: Path, column: str) -> Iterator[str]:
    """Iterate over the texts under a name in the objects of a file of JSON lines, which may be compressed.

    Raises:
        UserError: if it is none, or some object has no text under this name.
    """
    opened = gzip.open if path.name.endswith(".gz") else open
    try:
        with opened(path, "rt", encoding="utf-8-sig") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield _read_record(f"{path}, line {number},", column, line)
    except (UnicodeDecodeError, OSError, EOFError, zlib.error) as problem:
        raise UserError(f"{path} cannot be read as JSON lines: {reason(problem)}. Write it again.") from problem


def _read_record(place: str, column: str, line: str) -> str:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as problem:
        raise UserError(f"{place} is no JSON: {problem}. Write one object a line.") from None
    except (ValueError, RecursionError) as problem:  # a number of over 4,300 digits, or lists in lists in lists
        raise UserError(f"{place} is more than can be read: {reason(problem)}. Leave out all but the text.") from None
    if not isinstance(record, dict):
        raise UserError(f"{place} is no JSON object but {line.strip()[:40]!r}. Write one object a line.")
    _check_column(place, column, record)
    return check_text(place, column, record[column])


def _check_column(place: Path | str, column: str, columns: Any) -> None:
    if column not in columns:
        raise UserError(
            f"{place} has no column {column!r}. Set text_column to one of: {', '.join(sorted(columns)) or 'none'}."
        )

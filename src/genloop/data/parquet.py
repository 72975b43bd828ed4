"""Examples as a column of a Parquet file, beside who made them.

`datasets.load_dataset("parquet", data_files=...)` reads it. Examples pass one by one, so memory does not grow with
them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from genloop.data.extras import needs_extra
from genloop.examples import Origins

GROUP_SIZE = 1 << 22  # characters or bytes of examples in a row group, about


@dataclass(frozen=True)
class Cell:
    """One example.

    Attributes:
        value: what the cell holds.
        size: of it in characters or bytes, about.
        weight: of the example.
    """

    value: Any
    size: int
    weight: float


def write_column(
    path: Path, name: str, cells: Iterable[Cell], origins: Origins, *, kind: Any, feature: Mapping[str, str]
) -> None:
    """Write examples, each with who made it.

    Args:
        path: the file.
        name: of the column.
        cells: the examples.
        origins: who made them.
        kind: the column's type in pyarrow.
        feature: what the column is to the `datasets` library.
    """
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet

    others = origin_kinds(origins)
    features = {name: feature, **{other: {"dtype": kind, "_type": "Value"} for other, kind in others.items()}}
    known = {"huggingface": json.dumps({"info": {"features": features}})}
    schema = pyarrow.schema([(name, kind), *others.items()], metadata={**file_facts(origins), **known})
    with parquet.ParquetWriter(path, schema) as writer:
        for group in _groups(cells):
            rows = [{name: cell.value, **origins.of(cell.weight)} for cell in group]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


def origin_kinds(origins: Origins) -> dict[str, str]:
    """Return the types in pyarrow of what stands beside examples."""
    return {name: _kind([record[name] for record in origins.records]) for name in origins.columns}


def file_facts(origins: Origins) -> dict[str, str]:
    """Return what is said of all examples, as a file's metadata."""
    return {f"genloop.{name}": str(value) for name, value in origins.facts.items()}


def _kind(values: Iterable[Any]) -> str:
    kinds = {type(value) for value in values} - {type(None)}
    return "int32" if kinds == {int} else "float64" if kinds and kinds <= {int, float} else "string"


def _groups(cells: Iterable[Cell]) -> Iterator[list[Cell]]:
    group, size = [], 0
    for cell in cells:
        group.append(cell)
        size += cell.size
        if size >= GROUP_SIZE:
            yield group
            group, size = [], 0
    if group:
        yield group

"""Data of a run as a Parquet file: what a model was fitted on, or what it generated, and who made each example.

`datasets.load_dataset("parquet", data_files=...)` reads it. Examples pass one by one, so memory does not grow with
them; only a drawn training set is listed before it is written, as it is before a fit.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.images.dataset import ImageDataset
from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.report.exports.columns import Cell, Column, ImageColumn, TextColumn
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import Part, numbered_view, origins, parts_of
from genloop.version import __version__

COLUMNS: Mapping[type, Column] = {TokenDataset: TextColumn(), ImageDataset: ImageColumn()}
GROUP_SIZE = 1 << 22  # characters or bytes of examples in a row group, about


def write_data(run: Run, item: RecordedIteration, part: Part, path: Path) -> None:
    """Write the examples of one part of an iteration: text or image, source, iteration, model and, where some differ,
    weight.

    Args:
        run: the run.
        item: the iteration.
        part: `train` for the training set, in its order, or `samples` for what the model generated.
        path: the file.

    Raises:
        UserError: if the data are neither texts nor images, are not there yet, or have changed since they were written.
    """
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet

    parts = parts_of(run, item, part)
    data = numbered_view(run, parts)
    if type(data) not in COLUMNS:
        raise UserError(
            f"--data writes texts and images, and the data of {run.record.name} are {run.record.unit}s. Write "
            "molecules to a .sdf file, export the model with --model, or read the arrays in "
            f"{run.store.path(parts['parts'][0]['data'])}."
        )
    column = COLUMNS[type(data)]
    kinds = {column.name: column.kind(), "source": "string", "iteration": "int32", "model": "string"}
    if any(piece["weight"] != 1 for piece in parts["parts"]):
        kinds["weight"] = "float64"
    schema = pyarrow.schema(list(kinds.items()), metadata={**_metadata(run, item, part), **_features(column, kinds)})
    about = origins(run, parts)
    with parquet.ParquetWriter(path, schema) as writer:
        for group in _groups(column.cells(data)):
            rows = [{column.name: cell.value, **about[int(cell.weight)]} for cell in group]
            writer.write_table(pyarrow.Table.from_pylist(rows, schema))


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


def _metadata(run: Run, item: RecordedIteration, part: Part) -> dict[str, str]:
    facts = {
        "version": __version__,
        "run": run.record.name,
        "policy": item.policy,
        "iteration": item.iteration,
        "seed": item.seed,
        "part": part,
    }
    return {f"genloop.{name}": str(value) for name, value in facts.items()}


def _features(column: Column, kinds: Mapping[str, Any]) -> dict[str, str]:
    """Return what tells the `datasets` library which columns are images."""
    others = {name: {"dtype": kind, "_type": "Value"} for name, kind in kinds.items() if name != column.name}
    return {"huggingface": json.dumps({"info": {"features": {column.name: column.feature, **others}}})}

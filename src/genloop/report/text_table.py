"""Texts of a run as a Parquet file: what a model was fitted on, or what it generated, and who wrote each text.

`datasets.load_dataset("parquet", data_files=...)` reads it. Documents pass one by one, so memory does not grow with
them; only a drawn training set is listed before it is written, as it is before a fit.
"""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import genloop
from genloop.data.extras import needs_extra
from genloop.data.tokens import TokenDataset
from genloop.errors import UserError
from genloop.experiment_file import from_dict
from genloop.record import RecordedIteration, Run
from genloop.report.lineage import finished, origin

Part = Literal["train", "samples"]
GROUP_CHARACTERS = 1 << 22  # of text in a row group, about


def write_texts(run: Run, item: RecordedIteration, part: Part, path: Path) -> None:
    """Write the documents of one part of an iteration: text, source, iteration, model and, where some differ, weight.

    A document that is cut, as the last one of a source may be, is kept as far as it goes, and an empty one is kept
    too: the rows, each followed by end-of-text, are what the model was fitted on or what it generated.

    Args:
        run: the run.
        item: the iteration.
        part: `train` for the training set, in its order, or `samples` for what the model generated.
        path: the file.

    Raises:
        UserError: if the data are not texts, are not there yet, or have changed since they were written.
    """
    with needs_extra("text"):
        import pyarrow
        from pyarrow import parquet

    parts = _parts(run, item, part)
    columns = {"text": "string", "source": "string", "iteration": "int32", "model": "string"}
    if any(piece["weight"] != 1 for piece in parts["parts"]):
        columns["weight"] = "float64"
    schema = pyarrow.schema(list(columns.items()), metadata=_metadata(run, item, part))
    rows = _rows(run, parts)
    with parquet.ParquetWriter(path, schema) as writer:
        for group in _groups(rows):
            writer.write_table(pyarrow.Table.from_pylist(group, schema))


def _parts(run: Run, item: RecordedIteration, part: Part) -> Mapping[str, Any]:
    """Return what the data are made of, in the words of a fit's manifest."""
    if part == "train":
        return finished(run, item.model).inputs["train"]
    num = finished(run, item.samples).facts["num"]
    return {"parts": [{"data": item.samples, "start": 0, "stop": num, "weight": 1}], "draw": None}


def _rows(run: Run, train: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Iterate over the documents; their weights stand in for the number of their part, which a draw thus keeps."""
    parts, draw = train["parts"], train["draw"]
    source = from_dict(run.record.experiment).source
    views = [
        _open(run, source, part["data"]).slice(part["start"], part["stop"]).weighted(number)
        for number, part in enumerate(parts)
    ]
    data = views[0].concat(views[1:])
    data = data.draw(draw["num"], seed=draw["seed"]) if draw else data

    about = [{**vars(origin(run, part["data"])), "weight": part["weight"]} for part in parts]
    for document in data.documents():
        yield {"text": data.vocabulary.decode(document.tokens), **about[int(document.weight)]}


def _open(run: Run, source: Any, key: str) -> TokenDataset:
    finished(run, key)
    prepared = run.store.path(run.record.source)
    is_real = key == run.record.source
    data = source.load(prepared, "train") if is_real else source.load_samples(run.store.path(key), prepared)
    if not isinstance(data, TokenDataset):
        raise UserError(
            f"--data writes texts, and the data of {run.record.name} are {run.record.unit}s. Export the model with "
            f"--model, or read the arrays in {run.store.path(key)}."
        )
    return data


def _groups(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    group, size = [], 0
    for row in rows:
        group.append(row)
        size += 1 + len(row["text"])
        if size >= GROUP_CHARACTERS:
            yield group
            group, size = [], 0
    if group:
        yield group


def _metadata(run: Run, item: RecordedIteration, part: Part) -> dict[str, str]:
    facts = {
        "version": genloop.__version__,
        "run": run.record.name,
        "policy": item.policy,
        "iteration": item.iteration,
        "seed": item.seed,
        "part": part,
    }
    return {f"genloop.{name}": str(value) for name, value in facts.items()}

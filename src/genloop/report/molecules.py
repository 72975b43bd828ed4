"""Molecules that the models of a run sampled: the same ones at iteration 1 and at the last, beside the real ones."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.source import INFO_FILE
from genloop.experiment_file import from_dict
from genloop.record import Run
from genloop.report.shapes import Shape, draw_shapes


def draw_molecules(run: Run, path: Path, *, num: int = 4, beside: Sequence[Run] = ()) -> None:
    """Draw some training molecules as they are and as the models of a run's first seed sampled them.

    Nothing is drawn where the models generate no molecules, or have not yet.

    Args:
        run: the run.
        path: the file.
        num: molecules, the first of the training set that every model sampled.
        beside: runs of other policies on the same data, whose samples stand beside those of the run.
    """
    sets = {heading: data for each in (run, *beside) for heading, data in _sampled(each).items()}
    if len(sets) < 2:
        return
    first = [_first_of_each(data) for data in sets.values()]
    shared = [graph for graph in first[0] if all(graph in places for places in first)]
    rows = [
        {heading: _shape(data, places[graph]) for (heading, data), places in zip(sets.items(), first, strict=True)}
        for graph in shared[:num]
    ]
    if rows:
        draw_shapes(rows, path, title=f"{run.record.name}: training molecules\nreal: {_geometry(run)}")


def _sampled(run: Run) -> dict[str, MoleculeDataset]:
    """Return the real training set, then the samples of iteration 1 and of every policy's last one, by heading."""
    source, prepared = from_dict(run.record.experiment).source, run.store.path(run.record.source)
    items = [item for item in run.record.iterations if item.seed == run.record.iterations[0].seed]
    last = max(item.iteration for item in items)
    headings = {"iteration 1": items[0].samples}
    headings |= {f"{item.policy}\niteration {last}": item.samples for item in items if item.iteration == last > 1}
    if run.manifest(run.record.source) is None:
        return {}
    real: Any = source.load(prepared, "train")
    if not isinstance(real, MoleculeDataset):
        return {}
    done = {heading: run.store.path(key) for heading, key in headings.items() if run.manifest(key)}
    samples: Any = {heading: source.load_samples(path, prepared) for heading, path in done.items()}
    return {"real": real, **samples}


def _first_of_each(data: MoleculeDataset) -> dict[int, int]:
    """Return the place of the first conformation of every molecule, in the order of these places."""
    graphs, places = np.unique(data.graph_ids(np.arange(len(data))), return_index=True)
    order = np.argsort(places)
    return dict(zip(graphs[order].tolist(), places[order].tolist(), strict=True))


def _shape(data: MoleculeDataset, index: int) -> Shape:
    graph = int(data.graph_ids(np.array([index]))[0])
    return Shape(data.graphs.types_of(graph), data.graphs.bonds_of(graph)[0], data.coordinates(index))


def _geometry(run: Run) -> str:
    """Return what the real coordinates are, in the words of their source."""
    info: Mapping[str, str] = json.loads((run.store.path(run.record.source) / INFO_FILE).read_text("utf-8"))
    return info["geometry"]

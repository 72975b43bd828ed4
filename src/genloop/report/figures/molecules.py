"""Molecules that the models of a run sampled: the same ones at iteration 1 and at the last, beside the real ones."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from genloop.analysis.arms import Arm, arms_of
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.source import INFO_FILE
from genloop.report.figures.shapes import Shape, draw_shapes
from genloop.runs.record import Run
from genloop.runs.recorded_data import recorded_source


def draw_molecules(run: Run, path: Path, *, num: int = 4, beside: Sequence[Run] = ()) -> None:
    """Draw some training molecules as they are and as the models of a run's first seed sampled them.

    Nothing is drawn where the models generate no molecules, or have not yet.

    Args:
        run: the run.
        path: the file.
        num: molecules, the first of the training set that every model sampled.
        beside: runs of other policies on the same data, whose samples stand beside those of the run.
    """
    if rows := sampled_shapes(arms_of([run, *beside]), num):
        draw_shapes(rows, path, title=f"{run.record.name}: training molecules\nreal: {_geometry(run)}")


def sampled_shapes(arms: Sequence[Arm], num: int) -> list[dict[str, Shape]]:
    """Return, for each molecule, the real conformation and those of iteration 1 and of every policy's last iteration.

    Args:
        arms: policies on the same real data.
        num: molecules.

    Returns:
        By heading; empty where the models generate no molecules, or have not yet.
    """
    sets = _opened(arms[0].run, _headings(arms))
    if len(sets) < 2:
        return []
    first = [first_of_each(data) for data in sets.values()]
    shared = [graph for graph in first[0] if all(graph in places for places in first)]
    return [
        {heading: shape_at(data, places[graph]) for (heading, data), places in zip(sets.items(), first, strict=True)}
        for graph in shared[:num]
    ]


def _headings(arms: Sequence[Arm]) -> dict[str, str]:
    """Return the samples of every policy's first iteration and of its last, by heading; the same ones once."""
    headings: dict[str, str] = {}
    for arm in arms:
        for item in (arm.first_seed[0], arm.first_seed[-1]):
            if item.samples not in headings.values():
                heading = f"{arm.label}\niteration {item.iteration}" if headings else "iteration 1"
                headings[heading] = item.samples
    return headings


def _opened(run: Run, headings: Mapping[str, str]) -> dict[str, MoleculeDataset]:
    """Return the real training set, then the samples that there are."""
    source, prepared = recorded_source(run), run.store.path(run.record.source)
    if source is None or run.manifest(run.record.source) is None:
        return {}
    real: Any = source.load(prepared, "train")
    if not isinstance(real, MoleculeDataset):
        return {}
    done = {heading: run.store.path(key) for heading, key in headings.items() if run.manifest(key)}
    samples: Any = {heading: source.load_samples(path, prepared) for heading, path in done.items()}
    return {"real": real, **samples}


def first_of_each(data: MoleculeDataset) -> dict[int, int]:
    """Return the place of the first conformation of every molecule, in the order of these places."""
    graphs, places = np.unique(data.graph_ids(np.arange(len(data))), return_index=True)
    order = np.argsort(places)
    return dict(zip(graphs[order].tolist(), places[order].tolist(), strict=True))


def shape_at(data: MoleculeDataset, index: int) -> Shape:
    """Return one conformation of a data set."""
    graph = int(data.graph_ids(np.array([index]))[0])
    return Shape(data.graphs.types_of(graph), data.graphs.bonds_of(graph)[0], data.coordinates(index))


def _geometry(run: Run) -> str:
    """Return what the real coordinates are, in the words of their source."""
    info: Mapping[str, str] = json.loads((run.store.path(run.record.source) / INFO_FILE).read_text("utf-8"))
    return info["geometry"]

"""What all conformations of a run share: the molecules that they are of.

A prepared folder holds `train/` and `test/`, each with graphs and one shard of conformations, and `info.json`.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.graphs import Graphs, graph_files
from genloop.examples import Conformation, Examples, Origins
from genloop.types import Format

INFO_FILE = "info.json"
NUM_SHOWN = 4


@dataclass(frozen=True)
class MoleculeDomain:
    """Conformations of some molecules.

    Attributes:
        directory: where their source was prepared.
    """

    name: ClassVar[str] = "molecules"
    model_files: ClassVar[tuple[str, ...]] = tuple(f"train/{name}" for name in graph_files())

    directory: Path

    @cached_property
    def graphs(self) -> Graphs:
        """The molecules of the training data, which are those that models sample."""
        return Graphs.open(self.directory / "train")

    def prepared(self, part: Literal["train", "test"]) -> MoleculeDataset:
        graphs = self.graphs if part == "train" else Graphs.open(self.directory / part)
        return MoleculeDataset.open(self.directory / part, graphs)

    def generated(self, directory: Path) -> MoleculeDataset:
        return MoleculeDataset.open(directory, self.graphs)

    def show(
        self, data: MoleculeDataset, num: int | None = None, *, beside: Sequence[MoleculeDataset] = ()
    ) -> Examples:
        """Return the first conformations of the first molecules of the training data, as the data have them."""
        places, *others = map(_first_of_each, (data, *beside))
        shown = [graph for graph in self._first if all(graph in found for found in (places, *others))]
        shown = shown[: NUM_SHOWN if num is None else num]
        return Examples(
            conformations=[self._conformation(data, places[graph]) for graph in shown], about=self._geometry
        )

    @property
    def formats(self) -> dict[str, Format[MoleculeDataset]]:
        return {".sdf": Format(_write_sdf, self._read_sdf)}

    @cached_property
    def _train(self) -> MoleculeDataset:
        return self.prepared("train")

    @cached_property
    def _first(self) -> dict[int, int]:
        return _first_of_each(self._train)

    @property
    def _geometry(self) -> str:
        """What the real coordinates are, in the words of their source."""
        return json.loads((self.directory / INFO_FILE).read_text("utf-8"))["geometry"]

    def _conformation(self, data: MoleculeDataset, index: int) -> Conformation:
        graph = int(data.graph_ids(np.array([index]))[0])
        graphs, real = self.graphs, self._train.coordinates(self._first[graph])
        bonds, _ = graphs.bonds_of(graph)
        return Conformation(graph, graphs.names[graph], graphs.types_of(graph), bonds, data.coordinates(index), real)

    def _read_sdf(self, path: Path) -> MoleculeDataset:
        from genloop.data.molecules.sdf import read_known  # which needs RDKit

        return read_known(path, self.graphs)


def _write_sdf(data: MoleculeDataset, path: Path, origins: Origins) -> None:
    from genloop.data.molecules.sdf import write_sdf  # which needs RDKit

    weights = data.weights.tolist()

    def properties(index: int) -> dict[str, str]:
        known = {**origins.facts, **origins.of(weights[index])}
        return {name: value for name, value in known.items() if value is not None}

    write_sdf(data, path, properties)


def _first_of_each(data: MoleculeDataset) -> dict[int, int]:
    """Return the place of the first conformation of every molecule, in the order of these places."""
    graphs, places = np.unique(data.graph_ids(np.arange(len(data))), return_index=True)
    order = np.argsort(places)
    return dict(zip(graphs[order].tolist(), places[order].tolist(), strict=True))

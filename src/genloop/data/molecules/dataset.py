"""Conformations of molecules: atoms in space, as views over memory-mapped shards that share their graphs.

A shard is a folder: `coordinates.npy` has the atoms of all conformations end to end, `graphs.npy` says which molecule
each conformation is of. How many atoms it has follows from that.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from genloop.data.molecules.graphs import Graphs
from genloop.data.sharded import ShardedDataset

COORDINATES_FILE = "coordinates.npy"
GRAPHS_FILE = "graphs.npy"


@dataclass(frozen=True, eq=False)
class Conformations:
    """Some conformations, end to end; also what a shard holds.

    Attributes:
        graph_ids: number of each one's molecule, shape (conformation,), int32.
        coordinates: in angstrom, shape (atom, 3), float32.
        offsets: where the atoms of each conformation begin, and the end, shape (conformation + 1,), int64.
    """

    graph_ids: np.ndarray
    coordinates: np.ndarray
    offsets: np.ndarray

    @classmethod
    def of(cls, graphs: Graphs, graph_ids: np.ndarray, coordinates: np.ndarray) -> Self:
        """Return conformations whose atoms lie end to end in `coordinates`, shape (atom, 3)."""
        sizes = np.diff(graphs.atom_offsets)[graph_ids]
        offsets = np.concatenate([np.zeros(1, np.int64), np.cumsum(sizes, dtype=np.int64)])
        assert len(coordinates) == offsets[-1], "the coordinates are not those of these molecules"
        return cls(np.asarray(graph_ids, np.int32), np.asarray(coordinates, np.float32), offsets)

    def __len__(self) -> int:
        return len(self.graph_ids)


@dataclass(frozen=True, eq=False)
class MoleculeDataset(ShardedDataset[Conformations]):
    """Conformations in shards; an example is one conformation.

    Attributes:
        graphs: the molecules, which all shards share.
    """

    unit: ClassVar[str] = "conformation"

    graphs: Graphs

    @classmethod
    def of(cls, graphs: Graphs, graph_ids: np.ndarray, coordinates: np.ndarray) -> Self:
        """Return conformations of equal weight: molecules, shape (n,), and all their atoms, shape (atom, 3)."""
        shard = Conformations.of(graphs, graph_ids, coordinates)
        return cls.of_all([shard], [len(shard)], graphs=graphs)

    @classmethod
    def open(cls, directory: Path, graphs: Graphs) -> Self:
        """Open a shard without reading its coordinates into memory."""
        graph_ids = np.load(directory / GRAPHS_FILE, allow_pickle=False)
        return cls.of(graphs, graph_ids, np.load(directory / COORDINATES_FILE, mmap_mode="r", allow_pickle=False))

    def concat(self, others: Sequence[Self]) -> Self:  # pyright: ignore[reportIncompatibleMethodOverride] - Self twice
        assert all(part.graphs.names == self.graphs.names for part in others), "molecules differ"
        return super().concat(others)

    def save(self, directory: Path) -> None:
        """Write the conformations as one shard; weights are not part of it."""
        everything = self.read(np.arange(len(self)))
        np.save(directory / GRAPHS_FILE, everything.graph_ids, allow_pickle=False)
        np.save(directory / COORDINATES_FILE, everything.coordinates, allow_pickle=False)

    def graph_ids(self, indices: np.ndarray) -> np.ndarray:
        """Return the molecules of some examples, shape (n,), int32."""
        return self._graph_ids[indices]

    def coordinates(self, index: int) -> np.ndarray:
        """Return the coordinates of one example in angstrom, shape (atom, 3), float32."""
        shard, place = self.shards[self.shard_numbers[index]], self.places[index]
        return np.asarray(shard.coordinates[shard.offsets[place] : shard.offsets[place + 1]])

    def read(self, indices: np.ndarray) -> Conformations:
        """Return a copy of some examples, in the order of `indices`, shape (n,)."""
        graph_ids = self.graph_ids(indices)
        sizes = np.diff(self.graphs.atom_offsets)[graph_ids]
        coordinates = np.empty((int(sizes.sum()), 3), np.float32)
        gathered = Conformations.of(self.graphs, graph_ids, coordinates)
        for shard, chosen, places in self.by_shard(indices):
            targets = _ranges(gathered.offsets[chosen], sizes[chosen])
            gathered.coordinates[targets] = shard.coordinates[_ranges(shard.offsets[places], sizes[chosen])]
        return gathered

    def by_molecule(self) -> Iterator[tuple[int, np.ndarray]]:
        """Iterate over the molecules in the order in which they first occur, and all conformations of each.

        Returns:
            Number of the molecule, and coordinates of shape (conformation, atom, 3), in the order of the examples.
        """
        order = np.argsort(self._graph_ids, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(self._graph_ids[order])) + 1) if len(order) else []
        for indices in sorted(groups, key=lambda group: group[0]):
            graph = int(self._graph_ids[indices[0]])
            yield graph, self.read(indices).coordinates.reshape(len(indices), -1, 3)

    @cached_property
    def _graph_ids(self) -> np.ndarray:
        found = np.empty(len(self), np.int32)
        for shard, chosen, places in self.by_shard(np.arange(len(self))):
            found[chosen] = shard.graph_ids[places]
        return found


def _ranges(starts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Return start, start + 1, ... of every range, one range after the other."""
    before = np.cumsum(sizes) - sizes
    return np.repeat(starts - before, sizes) + np.arange(sizes.sum())

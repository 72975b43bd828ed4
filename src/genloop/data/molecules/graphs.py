"""Molecular graphs, which are what a conformation gives coordinates to, as ragged arrays in a folder."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Self

import numpy as np

NAMES_FILE = "names.json"
AROMATIC = 12  # bond order of RDKit's `BondType.AROMATIC`; single, double and triple bonds are 1, 2 and 3


@dataclass(frozen=True, eq=False)
class Graph:
    """One molecule without coordinates, hydrogens included.

    Attributes:
        types: atomic numbers, shape (atom,).
        charges: formal charges, shape (atom,).
        bonds: first and second atom of every bond, the first one lower, shape (bond, 2).
        orders: of every bond, as RDKit numbers them, shape (bond,).
        name: canonical isomeric SMILES, hydrogens implied.
    """

    types: np.ndarray
    charges: np.ndarray
    bonds: np.ndarray
    orders: np.ndarray
    name: str


@dataclass(frozen=True, eq=False)
class Graphs:
    """The molecules of one part of the data, each stored once; atoms and bonds of all of them lie end to end.

    Attributes:
        atom_offsets: where the atoms of every molecule begin, and the end, shape (molecule + 1,), int64.
        types: atomic numbers, shape (atom,), uint8.
        charges: formal charges, shape (atom,), int8.
        bond_offsets: where the bonds of every molecule begin, and the end, shape (molecule + 1,), int64.
        bonds: atoms counted within their molecule, the lower first, shape (bond, 2), int32.
        orders: 1, 2, 3 or `AROMATIC`, as RDKit numbers them, shape (bond,), uint8.
        names: canonical isomeric SMILES, hydrogens implied.
    """

    atom_offsets: np.ndarray
    types: np.ndarray
    charges: np.ndarray
    bond_offsets: np.ndarray
    bonds: np.ndarray
    orders: np.ndarray
    names: list[str]

    @classmethod
    def of(cls, graphs: Sequence[Graph]) -> Self:
        """Return graphs that are in memory."""
        return cls(
            _offsets([len(graph.types) for graph in graphs]),
            np.concatenate([np.empty(0, np.uint8), *(graph.types for graph in graphs)]).astype(np.uint8),
            np.concatenate([np.empty(0, np.int8), *(graph.charges for graph in graphs)]).astype(np.int8),
            _offsets([len(graph.orders) for graph in graphs]),
            np.concatenate([np.empty((0, 2), np.int32), *(graph.bonds for graph in graphs)]).astype(np.int32),
            np.concatenate([np.empty(0, np.uint8), *(graph.orders for graph in graphs)]).astype(np.uint8),
            [graph.name for graph in graphs],
        )

    @classmethod
    def open(cls, directory: Path) -> Self:
        """Open what `save` wrote without reading it into memory."""
        paths = {name: directory / f"{name}.npy" for name in _array_names()}
        arrays = {name: np.load(path, mmap_mode="r", allow_pickle=False) for name, path in paths.items()}
        return cls(**arrays, names=json.loads((directory / NAMES_FILE).read_text("utf-8")))

    def save(self, directory: Path) -> None:
        for name in _array_names():
            np.save(directory / f"{name}.npy", getattr(self, name), allow_pickle=False)
        (directory / NAMES_FILE).write_text(json.dumps(self.names, indent=0) + "\n", "utf-8")

    def __len__(self) -> int:
        return len(self.atom_offsets) - 1

    def num_atoms(self, graph: int) -> int:
        return int(self.atom_offsets[graph + 1] - self.atom_offsets[graph])

    def types_of(self, graph: int) -> np.ndarray:
        """Return the atomic numbers of a molecule, shape (atom,)."""
        return self.types[self.atom_offsets[graph] : self.atom_offsets[graph + 1]]

    def charges_of(self, graph: int) -> np.ndarray:
        """Return the formal charges of a molecule, shape (atom,)."""
        return self.charges[self.atom_offsets[graph] : self.atom_offsets[graph + 1]]

    def bonds_of(self, graph: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the bonds of a molecule, shape (bond, 2), and their orders, shape (bond,)."""
        place = slice(self.bond_offsets[graph], self.bond_offsets[graph + 1])
        return self.bonds[place], self.orders[place]


def graph_files() -> list[str]:
    """Return the names of the files that graphs are kept in."""
    return [NAMES_FILE, *(f"{name}.npy" for name in _array_names())]


def _array_names() -> list[str]:
    return [field.name for field in fields(Graphs) if field.name != "names"]


def _offsets(sizes: Sequence[int]) -> np.ndarray:
    return np.cumsum([0, *sizes], dtype=np.int64)

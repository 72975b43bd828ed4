"""The edges of molecules: what of them does not depend on coordinates, made once for each molecule.

Pairs of atoms are undirected, the lower atom first: what a network says of an edge is the same in both directions, so
it is computed once. A atoms, E bonded pairs, F other pairs, B conformations.
"""

from functools import cache
from typing import NamedTuple, Self

import numpy as np
import torch
from torch import Tensor

from genloop.data.molecules.graphs import AROMATIC, Graphs

NEAR = 0  # kind of a pair that only its distance makes an edge
BONDS = {1: 1, 2: 2, 3: 3, AROMATIC: 4}  # kinds of bonds, by order; pairs 2, 3, ... bonds apart are of kind 5, 6, ...


class Topology(NamedTuple):
    """One molecule, or several conformations whose atoms lie end to end."""

    types: Tensor  # (A,), atomic numbers
    first: Tensor  # (E,), the lower atom of every pair within `edge_order` bonds
    second: Tensor  # (E,)
    kinds: Tensor  # (E,)
    far_first: Tensor  # (F,), the lower atom of every other pair of the same conformation
    far_second: Tensor  # (F,)
    conformations: Tensor  # (A,), number of the conformation that an atom belongs to
    sizes: Tensor  # (B,), atoms of every conformation

    def to(self, device: torch.device) -> Self:
        return type(self)(*(part.to(device) for part in self))


class Topologies:
    """The topologies of many molecules, each made when it is first needed.

    Args:
        graphs: the molecules.
        edge_order: pairs up to so many bonds apart count as bonded.
    """

    def __init__(self, graphs: Graphs, edge_order: int) -> None:
        self.graphs = graphs
        self._edge_order = edge_order
        self._made: dict[int, list[np.ndarray]] = {}

    def batch(self, graph_ids: np.ndarray) -> Topology:
        """Return the topology of some conformations, given their molecules, shape (B,)."""
        parts = [self._parts(graph) for graph in graph_ids.tolist()]
        sizes = np.array([len(part[0]) for part in parts])
        offsets = np.cumsum(sizes) - sizes

        def joined(place: int, shift: bool) -> np.ndarray:
            arrays = [part[place] for part in parts]
            return np.concatenate([a + b for a, b in zip(arrays, offsets, strict=True)] if shift else arrays)

        arrays = [joined(place, shift) for place, shift in enumerate((False, True, True, False, True, True))]
        arrays += [np.repeat(np.arange(len(parts)), sizes), sizes]
        return Topology(*map(torch.from_numpy, arrays))

    def _parts(self, graph: int) -> list[np.ndarray]:
        """Return the first six arrays of a molecule's topology."""
        if graph not in self._made:
            kinds = _kinds(self.graphs, graph, self._edge_order)
            first, second = _pairs(len(kinds))
            found = kinds[first, second]
            near, far = found != NEAR, found == NEAR
            types = self.graphs.types_of(graph).astype(np.int64)
            self._made[graph] = [types, first[near], second[near], found[near], first[far], second[far]]
        return self._made[graph]


def _kinds(graphs: Graphs, graph: int, edge_order: int) -> np.ndarray:
    """Return the kind of every pair of atoms, shape (atom, atom)."""
    num_atoms = graphs.num_atoms(graph)
    kinds = np.full((num_atoms, num_atoms), NEAR)
    bonds, orders = graphs.bonds_of(graph)
    for (first, second), order in zip(bonds, orders, strict=True):
        kinds[first, second] = kinds[second, first] = BONDS[int(order)]

    adjacent = (kinds != NEAR).astype(np.float32)
    reached = within = adjacent + np.eye(num_atoms, dtype=np.float32)
    for num_bonds in range(2, edge_order + 1):
        within = reached @ adjacent
        kinds[(within > 0) & (reached == 0)] = len(BONDS) + num_bonds - 1
        reached = reached + within
    return kinds


@cache
def _pairs(num_atoms: int) -> tuple[np.ndarray, np.ndarray]:
    first, second = np.triu_indices(num_atoms, 1)
    return first, second

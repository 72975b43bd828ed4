"""Lengths and angles of conformations, by the kinds of atoms that they join."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.graphs import Graphs

Kind = tuple[int, ...]
Values = Mapping[Kind, np.ndarray]
FEWEST = 10  # values on both sides that make a kind of bond or angle worth comparing


@dataclass(frozen=True, eq=False)
class Internals:
    """The bonds and angles of one molecule.

    Attributes:
        bonds: atoms, shape (bond, 2).
        bond_kinds: of every bond, the two elements, the lighter first, and the order.
        angles: atoms, the middle one second, shape (angle, 3).
        angle_kinds: of every angle, its elements, the lighter end first, and the number of neighbours of the middle.
    """

    bonds: np.ndarray
    bond_kinds: list[Kind]
    angles: np.ndarray
    angle_kinds: list[Kind]


def internals(graphs: Graphs, graph: int) -> Internals:
    """Return the bonds and angles of a molecule."""
    types = graphs.types_of(graph).tolist()
    bonds, orders = graphs.bonds_of(graph)
    neighbours: list[list[int]] = [[] for _ in types]
    for first, second in bonds.tolist():
        neighbours[first].append(second)
        neighbours[second].append(first)
    angles = [(i, j, k) for j, ends in enumerate(neighbours) for i, k in combinations(ends, 2)]
    return Internals(
        np.asarray(bonds),
        [(*sorted((types[i], types[j])), order) for (i, j), order in zip(bonds.tolist(), orders.tolist(), strict=True)],
        np.array(angles, np.int64).reshape(-1, 3),
        [_angle_kind(types[i], types[j], types[k], len(neighbours[j])) for i, j, k in angles],
    )


def _angle_kind(first: int, middle: int, last: int, num_neighbours: int) -> Kind:
    return (min(first, last), middle, max(first, last), num_neighbours)


def lengths(coordinates: np.ndarray, bonds: np.ndarray) -> np.ndarray:
    """Return the distances between pairs of atoms, shape (conformation, bond), of coordinates in angstrom."""
    return np.linalg.norm(coordinates[:, bonds[:, 0]] - coordinates[:, bonds[:, 1]], axis=-1)


def degrees(coordinates: np.ndarray, angles: np.ndarray) -> np.ndarray:
    """Return the angles at the middle one of three atoms, in degrees, shape (conformation, angle)."""
    first, last = (coordinates[:, angles[:, end]] - coordinates[:, angles[:, 1]] for end in (0, 2))
    across = np.linalg.norm(np.cross(first, last), axis=-1)
    return np.degrees(np.arctan2(across, np.sum(first * last, axis=-1)))


def by_kind(data: MoleculeDataset) -> tuple[Values, Values]:
    """Return all finite bond lengths in angstrom, and all finite angles in degrees, by kind."""
    bonds: dict[Kind, list[np.ndarray]] = {}
    angles: dict[Kind, list[np.ndarray]] = {}
    for graph, coordinates in data.by_molecule():
        molecule = internals(data.graphs, graph)
        for kind, values in zip(molecule.bond_kinds, lengths(coordinates, molecule.bonds).T, strict=True):
            bonds.setdefault(kind, []).append(values[np.isfinite(values)])
        for kind, values in zip(molecule.angle_kinds, degrees(coordinates, molecule.angles).T, strict=True):
            angles.setdefault(kind, []).append(values[np.isfinite(values)])
    return _joined(bonds), _joined(angles)


def _joined(found: Mapping[Kind, list[np.ndarray]]) -> Values:
    return {kind: np.concatenate(values) for kind, values in found.items()}


def mean_distance(found: Values, real: Values) -> float:
    """Return the Wasserstein-1 distance between the values of a kind, averaged over kinds as frequent as real.

    Kinds of which either side has fewer than `FEWEST` values are left out; NaN if nothing is left.
    """
    kinds = [kind for kind in real if min(len(real[kind]), len(found.get(kind, ()))) >= FEWEST]
    if not kinds:
        return float("nan")
    distances = [wasserstein_distance(found[kind], real[kind]) for kind in kinds]
    return float(np.average(distances, weights=[len(real[kind]) for kind in kinds]))


def wasserstein_distance(first: np.ndarray, second: np.ndarray) -> float:
    """Return the Wasserstein-1 distance of two samples: the area between their distribution functions."""
    places = np.sort(np.concatenate([first, second]))
    shares = [np.searchsorted(np.sort(each), places[:-1], side="right") / len(each) for each in (first, second)]
    return float(np.sum(np.abs(shares[0] - shares[1]) * np.diff(places)))

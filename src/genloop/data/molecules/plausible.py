"""Whether coordinates can be those of a molecule: the lengths of its bonds, in covalent radii.

Bond lengths are compared with the sum of two covalent radii (Cordero et al. 2008, as RDKit has them). In 4,835 DFT
conformers of 500 drug-like molecules, bonds are 0.78 to 1.10 of it, and atoms without a bond at 1.36 or more; in 1,048
force-field geometries of 270 molecules at 1.22 or more (sulphurs at one nitrogen).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from statistics import median

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.graphs import Graph
from genloop.errors import UserError

FLAT = "carbon atoms of four neighbours lie in a plane with these, so it is a drawing"
SHORTEST, LONGEST, CLOSEST = 0.75, 1.25, 1.2
CARBON, IN_SPACE = 6, 4  # a carbon atom, and with how many neighbours it lies in no plane
FLAT_SHARE = 0.01
FLATTEST = 0.5  # spread of these; 1.15 of a tetrahedron, 0.7 in a ring of three, 0 in a drawing
MOST_IMPLAUSIBLE = 0.5  # share of the conformers
UNITS = {"nanometres": 10.0, "bohr": 0.529177, "picometres": 0.01}  # in angstrom
SAME_UNIT = 1.15  # as far, either way, may the typical bond be from what a unit makes of it


@dataclass(frozen=True)
class Implausible(Dropped):
    """A conformer whose coordinates cannot be those of its molecule.

    Attributes:
        bond_ratio: median length of its bonds, over the sum of the covalent radii; NaN without bonds.
        is_flat: whether all of its atoms lie in a plane.
    """

    bond_ratio: float
    is_flat: bool = False


def checked(found: Ensemble, name: str) -> Ensemble | Implausible:
    """Return some conformers of a molecule, or why one of them cannot be."""
    for coordinates in found.coordinates.astype(np.float64):
        if problem := _problem(found.graph, coordinates):
            ratios = _bond_ratios(found.graph, coordinates)
            ratio = float(np.median(ratios)) if len(ratios) else float("nan")
            return Implausible(name, problem, ratio, _is_flat(coordinates))
    return found


def most_plausible(found: Iterator[Ensemble | Dropped]) -> Iterator[Ensemble | Dropped]:
    """Iterate over what was found.

    Raises:
        UserError: in the end, if most conformers are implausible; it says which unit they seem to be in.
    """
    num, implausible = 0, []
    for item in found:
        num += isinstance(item, Ensemble | Implausible)
        implausible += [item] if isinstance(item, Implausible) else []
        yield item
    if len(implausible) > MOST_IMPLAUSIBLE * num:
        raise _refusal(implausible, num)


def bond_ratios(coordinates: np.ndarray, radius: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """Return the distances of pairs of atoms over the sum of their covalent radii.

    Args:
        coordinates: in angstrom, shape (..., atom, 3).
        radius: of every atom, in angstrom, shape (atom,).
        pairs: of atoms, shape (pair, 2).

    Returns:
        Shape (..., pair).
    """
    distances = np.linalg.norm(coordinates[..., pairs[:, 0], :] - coordinates[..., pairs[:, 1], :], axis=-1)
    return distances / (radius[pairs[:, 0]] + radius[pairs[:, 1]])


def unbonded_pairs(num_atoms: int, bonds: np.ndarray) -> np.ndarray:
    """Return the pairs of atoms without a bond, shape (pair, 2)."""
    is_bonded = np.zeros((num_atoms, num_atoms), bool)
    is_bonded[bonds[:, 0], bonds[:, 1]] = True
    return np.argwhere(np.triu(~is_bonded, 1))


@cache
def covalent_radii() -> np.ndarray:
    """Return the covalent radius of every element in angstrom, at its atomic number."""
    with needs_extra("molecules"):
        from rdkit.Chem import GetPeriodicTable
    table = GetPeriodicTable()
    return np.array([table.GetRcovalent(number) for number in range(table.GetMaxAtomicNumber() + 1)])


def _problem(graph: Graph, coordinates: np.ndarray) -> str:
    """Return what is wrong with one conformer, shape (atom, 3); nothing if it can be."""
    ratios = _bond_ratios(graph, coordinates)
    if np.any((ratios < SHORTEST) | (ratios > LONGEST)):
        return f"a bond is not {SHORTEST} to {LONGEST} times as long as its atoms' covalent radii together"
    radius = covalent_radii()[graph.types]
    if np.any(bond_ratios(coordinates, radius, unbonded_pairs(len(radius), graph.bonds)) < SHORTEST):
        return "two atoms without a bond are closer than a bond"
    if _flatness(graph, coordinates) < FLATTEST:
        return FLAT
    return ""


def _bond_ratios(graph: Graph, coordinates: np.ndarray) -> np.ndarray:
    return bond_ratios(coordinates, covalent_radii()[graph.types], graph.bonds)


def _is_flat(coordinates: np.ndarray) -> bool:
    """Whether atoms lie in a plane, and on no line or point, up to a share of how far apart they are."""
    spreads = np.linalg.svd(coordinates - coordinates.mean(axis=0), compute_uv=False)
    return len(coordinates) > IN_SPACE - 1 and bool(spreads[2] < FLAT_SHARE * spreads[1])


def _flatness(graph: Graph, coordinates: np.ndarray) -> float:
    """Return how far carbon atoms with four neighbours stand from a plane with these, on average; infinity without any.

    It is the least singular value of the directions of the four bonds.
    """
    ends = np.concatenate([graph.bonds, graph.bonds[:, ::-1]])
    num_neighbours = np.bincount(ends[:, 0], minlength=len(graph.types))
    centres = np.flatnonzero((graph.types == CARBON) & (num_neighbours == IN_SPACE))
    if not len(centres):
        return float("inf")
    around = np.array([ends[ends[:, 0] == centre, 1] for centre in centres])
    bonds = coordinates[around] - coordinates[centres][:, None]
    directions = bonds / np.linalg.norm(bonds, axis=-1, keepdims=True)
    return float(np.linalg.svd(directions, compute_uv=False)[:, -1].mean())


def _refusal(implausible: Sequence[Implausible], num: int) -> UserError:
    first, typical = implausible[0], median(item.bond_ratio for item in implausible)
    if sum(item.is_flat for item in implausible) > MOST_IMPLAUSIBLE * len(implausible):
        return UserError(
            f"{len(implausible):,} of {num:,} conformers are drawings in a plane, which no molecule is, such as "
            f"{first.name}. Give coordinates in space, as RDKit's EmbedMolecule makes them."
        )
    close = [unit for unit, factor in UNITS.items() if 1 / SAME_UNIT < typical * factor < SAME_UNIT]
    remedy = (
        f"They seem to be in {close[0]}: multiply them by {UNITS[close[0]]:g}"
        if close
        else "Give coordinates in angstrom"
    )
    return UserError(
        f"{len(implausible):,} of {num:,} conformers have coordinates that no molecule has, such as {first.name}: "
        f"{first.reason}. Their bonds are {typical:.2g} times as long as covalent radii say. {remedy}."
    )

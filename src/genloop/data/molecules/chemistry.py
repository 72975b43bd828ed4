"""RDKit's molecules as arrays, and back.

The atoms of a molecule are put into the order in which its canonical SMILES writes them, so conformers of one molecule
share a graph however their files number the atoms.
"""

from collections.abc import Iterable

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.ensemble import Ensemble
from genloop.data.molecules.graphs import AROMATIC, Graph, Graphs
from genloop.data.molecules.interruptions import watch

with needs_extra("molecules"):
    from rdkit import Chem
    from rdkit.Chem import Mol

watch()

ORDERS = (1, 2, 3, AROMATIC)
MAX_ATOMS = 2000  # whose pairs are looked at; drugs have a tenth of it


class Unusable(Exception):
    """A molecule that no model here can be fitted to, and why."""


def to_ensemble(molecule: Mol) -> Ensemble:
    """Return the graph and all conformers of a molecule.

    Raises:
        Unusable: if it has no coordinates in space, lacks hydrogens, is several molecules, or is none that RDKit
            understands.
    """
    if molecule.GetNumAtoms() > MAX_ATOMS:
        raise Unusable(f"it has more than {MAX_ATOMS:,} atoms")
    molecule = Chem.Mol(molecule)
    try:
        Chem.SanitizeMol(molecule)
    except ValueError as problem:  # all of RDKit's chemical complaints
        raise Unusable("RDKit cannot make sense of its valences") from problem
    _check(molecule)
    coordinates = np.stack([conformer.GetPositions() for conformer in molecule.GetConformers()])
    if not np.isfinite(coordinates).all():
        raise Unusable("a coordinate is not finite")

    Chem.MolToSmiles(molecule)
    order = list(molecule.GetPropsAsDict(True, True)["_smilesAtomOutputOrder"])
    graph = _graph(Chem.RenumberAtoms(molecule, order))
    return Ensemble(graph, coordinates[:, order].astype(np.float32))


def _check(molecule: Mol) -> None:
    atoms = list(molecule.GetAtoms())
    if any(atom.GetAtomicNum() == 0 for atom in atoms):
        raise Unusable("an atom is a placeholder")
    if any(atom.GetTotalNumHs() for atom in atoms):
        raise Unusable("hydrogens are missing")
    if len(Chem.GetMolFrags(molecule)) != 1:
        raise Unusable("it is not one connected molecule")
    if any(int(bond.GetBondType()) not in ORDERS for bond in molecule.GetBonds()):
        raise Unusable("a bond is neither single, double, triple nor aromatic")
    if not any(conformer.Is3D() for conformer in molecule.GetConformers()):
        raise Unusable("it has no coordinates in space")


def _graph(molecule: Mol) -> Graph:
    ends = [sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx())) for bond in molecule.GetBonds()]
    orders = [int(bond.GetBondType()) for bond in molecule.GetBonds()]
    rising = sorted(range(len(ends)), key=lambda bond: ends[bond])
    return Graph(
        np.array([atom.GetAtomicNum() for atom in molecule.GetAtoms()], np.uint8),
        np.array([atom.GetFormalCharge() for atom in molecule.GetAtoms()], np.int8),
        np.array([ends[bond] for bond in rising], np.int32).reshape(-1, 2),
        np.array([orders[bond] for bond in rising], np.uint8),
        Chem.MolToSmiles(Chem.RemoveHs(molecule)),
    )


def skeleton(name: str) -> str:
    """Return the canonical SMILES of a molecule without its stereochemistry."""
    return Chem.MolToSmiles(Chem.MolFromSmiles(name), isomericSmiles=False)


def to_rdkit(graphs: Graphs, number: int, conformers: Iterable[np.ndarray] = ()) -> Mol:
    """Return one of the molecules with conformers of shape (atom, 3), in angstrom, stereochemistry left open."""
    molecule = Chem.RWMol()
    bonds, orders = graphs.bonds_of(number)
    for atomic_number, charge in zip(graphs.types_of(number), graphs.charges_of(number), strict=True):
        atom = Chem.Atom(int(atomic_number))
        atom.SetFormalCharge(int(charge))
        atom.SetNoImplicit(True)
        molecule.AddAtom(atom)
    for (first, second), order in zip(bonds.tolist(), orders.tolist(), strict=True):
        molecule.AddBond(first, second, Chem.BondType.values[order])
        if order == AROMATIC:
            for atom in (first, second):
                molecule.GetAtomWithIdx(atom).SetIsAromatic(True)
    Chem.SanitizeMol(molecule)
    for coordinates in conformers:
        molecule.AddConformer(conformer(coordinates), assignId=True)
    return molecule.GetMol()


def conformer(coordinates: np.ndarray) -> Chem.Conformer:
    """Return coordinates of shape (atom, 3), in angstrom, as RDKit keeps them."""
    made = Chem.Conformer(len(coordinates))
    made.Set3D(True)
    made.SetPositions(np.array(coordinates, np.float64))
    return made

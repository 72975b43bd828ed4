"""Conformers from a molecule's SMILES alone: distance geometry (ETKDGv3), then the force field MMFF94."""

from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.chemistry import conformer
from genloop.data.molecules.interruptions import believed
from genloop.data.molecules.rmsd import best_rmsds
from genloop.identity import derive_seed
from genloop.scratch import kept_array

with needs_extra("molecules"):
    from rdkit import Chem
    from rdkit.Chem import Mol, rdDistGeom, rdForceFieldHelpers

MAX_ITERATIONS = 2000  # of the minimiser; a conformer that needs more is dropped
SAME_ANGSTROM = 0.125  # conformers closer than this are one, as in GEOM (Axelrod and Gómez-Bombarelli 2022)
SEED_BITS = 31  # of RDKit's seeds


def made(
    smiles: Sequence[str], num: int, *, seed: int, threads: int, scratch_dir: Path | None = None
) -> Generator[Mol | None]:
    """Iterate over molecules with hydrogens and up to `num` different conformers; None where all attempts fail.

    Args:
        smiles: the molecules.
        num: conformers tried for each.
        seed: of all coordinates; those of a molecule do not depend on the others.
        threads: compute at the same time, and change nothing; RDKit lets others run while it computes.
        scratch_dir: keeps the coordinates, so that an interrupted call goes on where it stopped.
    """
    with ThreadPoolExecutor(threads) as pool:
        try:
            yield from pool.map(lambda each: _remembered(each, num, seed, scratch_dir), smiles)
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _remembered(smiles: str, num: int, seed: int, scratch_dir: Path | None) -> Mol | None:
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    path = scratch_dir / f"{derive_seed(seed, smiles, num):x}.npy" if scratch_dir else None
    coordinates = kept_array(path, lambda: _undisturbed(molecule, num, derive_seed(seed, smiles) % (1 << SEED_BITS)))
    molecule.RemoveAllConformers()
    for each in coordinates:
        molecule.AddConformer(conformer(each), assignId=True)
    return molecule if len(coordinates) else None


def _undisturbed(molecule: Mol, num: int, seed: int) -> np.ndarray:
    with believed():
        return _embedded(molecule, num, seed)


def _embedded(molecule: Mol, num: int, seed: int) -> np.ndarray:
    """Return coordinates of different conformers at minima of the force field, shape (conformer, atom, 3)."""
    parameters = rdDistGeom.ETKDGv3()
    parameters.randomSeed = seed
    rdDistGeom.EmbedMultipleConfs(molecule, num, parameters)
    if molecule.GetNumConformers() == 0:  # the minimiser takes none for an error
        return np.empty((0, molecule.GetNumAtoms(), 3))
    outcomes = rdForceFieldHelpers.MMFFOptimizeMoleculeConfs(molecule, maxIters=MAX_ITERATIONS)
    converged = [status == 0 for status, _ in outcomes]
    distances = best_rmsds(molecule)
    kept: list[int] = []
    for index in np.flatnonzero(converged).tolist():
        if all(distances[index, earlier] >= SAME_ANGSTROM for earlier in kept):
            kept.append(index)
    positions = [each.GetPositions() for each in molecule.GetConformers()]
    return np.array([positions[index] for index in kept]).reshape(-1, molecule.GetNumAtoms(), 3)

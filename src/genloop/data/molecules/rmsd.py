"""How far conformers of one molecule are apart."""

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.interruptions import watch

with needs_extra("molecules"):
    from rdkit import Chem
    from rdkit.Chem import Mol, rdMolAlign

watch()

# Ways to match equal atoms that are tried. Hardly any drug has more; one that has keeps the best of so many, which may
# be larger than the best of all.
MAX_MATCHES = 10_000


def best_rmsds(molecule: Mol) -> np.ndarray:
    """Return the distance between any two conformers in angstrom, shape (conformer, conformer).

    It is the root mean square over heavy atoms, at the best rotation and the best match of atoms that are equal by
    symmetry, the ends of carboxylates and nitro groups included (RDKit's GetBestRMS). Mirror images differ.
    """
    heavy = Chem.RemoveHs(molecule)
    num = heavy.GetNumConformers()
    distances = np.zeros((num, num))
    rows, columns = np.tril_indices(num, -1)
    if num > 1:
        distances[rows, columns] = rdMolAlign.GetAllConformerBestRMS(heavy, maxMatches=MAX_MATCHES)
    return distances + distances.T

"""Which molecules count as drug-like."""

from collections.abc import Iterable, Iterator

from genloop.data.extras import needs_extra
from genloop.data.molecules.interruptions import watch

with needs_extra("molecules"):
    from rdkit import Chem
    from rdkit.Chem import Mol, rdForceFieldHelpers, rdMolDescriptors

watch()

FEWEST_HEAVY_ATOMS = 10


def drug_like(smiles: Iterable[str]) -> Iterator[str]:
    """Iterate over the canonical SMILES of those molecules that are drug-like, each once."""
    seen: set[str] = set()
    for written in smiles:
        molecule = Chem.MolFromSmiles(written)
        if molecule is None or not is_drug_like(molecule):
            continue
        name = Chem.MolToSmiles(molecule)
        if name not in seen:
            seen.add(name)
            yield name


def is_drug_like(molecule: Mol) -> bool:
    """Whether a molecule is of moderate size, polarity and flexibility, and can be embedded as one molecule.

    Size is 10 heavy atoms or more and at most 500 Da; 5 hydrogen-bond donors, 10 acceptors and log P 5 at most
    (Lipinski et al. 1997); 10 rotatable bonds and 140 square angstrom of polar surface at most (Veber et al. 2002). It
    is connected, MMFF94 knows its atoms, and no stereocentre is left open, since its conformers would be of different
    molecules otherwise.
    """
    return (
        len(Chem.GetMolFrags(molecule)) == 1
        and molecule.GetNumHeavyAtoms() >= FEWEST_HEAVY_ATOMS
        and rdMolDescriptors.CalcExactMolWt(molecule) <= 500
        and rdMolDescriptors.CalcNumLipinskiHBD(molecule) <= 5
        and rdMolDescriptors.CalcNumLipinskiHBA(molecule) <= 10
        and rdMolDescriptors.CalcCrippenDescriptors(molecule)[0] <= 5
        and rdMolDescriptors.CalcNumRotatableBonds(molecule) <= 10
        and rdMolDescriptors.CalcTPSA(molecule) <= 140
        and not _has_open_stereocentre(molecule)
        and rdForceFieldHelpers.MMFFHasAllMoleculeParams(Chem.AddHs(molecule))
    )


def _has_open_stereocentre(molecule: Mol) -> bool:
    found = Chem.FindPotentialStereo(molecule)
    return any(each.specified == Chem.StereoSpecified.Unspecified for each in found)

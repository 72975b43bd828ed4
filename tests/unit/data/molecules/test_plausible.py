"""Coordinates that no molecule has: dropped by reason, or refused with the unit that they seem to be in."""

import json
from pathlib import Path

import numpy as np
import pytest
from molecule_fixtures import embedded, write
from rdkit import Chem
from rdkit.Chem import AllChem

from genloop.data.molecules.chemistry import conformer, to_ensemble
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.plausible import FLAT, Implausible, checked
from genloop.errors import UserError
from genloop.types import Context

GOOD = ("CCO", "CC(=O)O", "c1ccccc1O", "CCN", "CC#N", "C1CC1", "CSC", "CCF", "CCCl", "C=CC=C", "O", "N", "CO")
LENGTH = "a bond is not 0.75 to 1.25 times as long as its atoms' covalent radii together"


def moved(molecule: Chem.Mol, positions: np.ndarray) -> Chem.Mol:
    changed = Chem.Mol(molecule)
    changed.RemoveAllConformers()
    changed.AddConformer(conformer(positions))
    return changed


def positions(molecule: Chem.Mol) -> np.ndarray:
    return molecule.GetConformer().GetPositions()


def sketch(smiles: str) -> Chem.Mol:
    """Return a flat drawing with hydrogens whose record claims to be in space, with bonds as long as real ones."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    AllChem.Compute2DCoords(molecule)
    return moved(molecule, 0.75 * positions(molecule))


def left_out(source: ConformerFiles, directory: Path) -> dict[str, dict[str, int]]:
    directory.mkdir()
    source.prepare(directory, Context())
    return json.loads((directory / "left_out.json").read_text())


@pytest.mark.parametrize("smiles", [*GOOD, "[2H]C([2H])([2H])[CH2]", "C[Si](C)(C)C", "C[Zn]C", "FB(F)F", "O=S(=O)(O)O"])
def test_conformers_of_real_molecules_are_kept(smiles: str):
    found = to_ensemble(embedded(smiles, 1))
    assert checked(found, "x") is found


def test_impossible_coordinates_are_dropped_by_reason(tmp_path: Path):
    ethanol = embedded("CCO", 1)
    coincident = positions(ethanol).copy()
    coincident[8] = coincident[3] + 0.1  # two hydrogens of different atoms, too; the bond is wrong first
    far = positions(embedded("CCCCCCCC", 1)).copy()
    broken = [
        moved(ethanol, np.zeros((9, 3))),
        moved(ethanol, coincident),
        moved(embedded("CCCCCCCC", 1), far * [1, 1, 1.6]),
        sketch("CCO"),
    ]
    path = write(tmp_path / "a.sdf", [*(embedded(smiles, 1) for smiles in GOOD), *broken])
    told = left_out(ConformerFiles(str(path)), tmp_path / "out")["train"]
    assert sum(told.values()) == 4
    assert set(told) <= {LENGTH, FLAT}


@pytest.mark.parametrize("depth", [0.0, 0.01, 0.1])
def test_a_drawing_with_real_bonds_is_told_by_its_plane_or_nearly_so(depth: float):
    left = [[0, 0, 0], [-1.09, 0, 0], [0, 1.09, 0], [0, -1.09, 0]]
    right = [[1.53 - x, y, z] for x, y, z in left]
    ethane = np.array([left[0], right[0], *left[1:], *right[1:]])
    ethane[:, 2] += depth * np.random.default_rng(0).normal(size=8)
    found = checked(to_ensemble(moved(embedded("CC", 1), ethane)), "x")
    assert isinstance(found, Implausible)
    assert found.reason == FLAT
    water = to_ensemble(embedded("O", 1))  # three atoms are always flat
    assert checked(water, "x") is water


@pytest.mark.parametrize("smiles", ["C1CC1", "C1=CC1", "C1CC11CC1", "C12C3C4C1C5C2C3C45", "c1ccccc1", "C=C"])
def test_small_rings_and_flat_molecules_are_none(smiles: str):
    """Of cyclopropene, the most strained, the four bonds of a carbon have a least singular value of 0.64."""
    molecule = embedded(smiles, 1)
    AllChem.MMFFOptimizeMolecule(molecule)
    assert not isinstance(checked(to_ensemble(molecule), "x"), Implausible)


def test_a_file_of_drawings_is_refused_as_such(tmp_path: Path):
    path = write(tmp_path / "a.sdf", [sketch(smiles) for smiles in ("CCO", "CCCC", "CC(C)C", "CCN", "CCC")])
    with pytest.raises(UserError, match=r"are drawings in a plane.*EmbedMolecule"):
        left_out(ConformerFiles(str(path)), tmp_path / "out")


def test_atoms_on_top_of_each_other_are_told():
    """The ends of a chain folded onto each other, all bonds as they were."""
    water = embedded("OO", 1)  # H-O-O-H, planar and bent towards each other
    folded = np.array([[0, 0, 0], [1.46, 0, 0], [0.55, 0.78, 0], [0.91, 0.78, 0]])
    found = checked(to_ensemble(moved(water, folded)), "x")
    assert isinstance(found, Implausible)
    assert found.reason == "two atoms without a bond are closer than a bond"


@pytest.mark.parametrize(
    ("factor", "hint"), [(0.1, "nanometres: multiply them by 10"), (1 / 0.529177, "bohr"), (100, "pico")]
)
def test_other_units_are_refused_by_name(factor: float, hint: str, tmp_path: Path):
    scaled = [moved(molecule, factor * positions(molecule)) for molecule in (embedded(smiles, 1) for smiles in GOOD)]
    path = write(tmp_path / "a.sdf", scaled)
    with pytest.raises(UserError, match=f"{len(GOOD)} of {len(GOOD)} conformers have coordinates .*{hint}"):
        left_out(ConformerFiles(str(path)), tmp_path / "out")


def test_folders_of_files_are_read_and_what_else_is_there_is_counted(tmp_path: Path):
    place = tmp_path / "all"
    (place / ".old").mkdir(parents=True)
    for number, smiles in enumerate(GOOD):
        ending = (".sdf", ".sdf.gz", ".sdf")[number % 3]
        write(place / f"{number}{ending}", [embedded(smiles, 1)])
    (place / "0.sdf").rename(place / "0.SDF")
    write(place / ".old" / "x.sdf", [embedded("CCCC", 1)])
    (place / "notes.txt").write_text("x")
    source = ConformerFiles(str(place))
    assert left_out(source, tmp_path / "out") == {"train": {"files that are no SDF": 1, "hidden SDF files": 1}}
    info = json.loads((tmp_path / "out" / "info.json").read_text())
    assert info["train"]["molecules"] + info["test"]["molecules"] == len(GOOD)
    assert source.identity() == ConformerFiles(str(place)).identity()


def test_records_that_announce_too_much_are_dropped_at_once(tmp_path: Path):
    """RDKit makes room for all atoms of a count before it reads them: 20 seconds and 3 GB for 10^8."""
    huge = (
        "\n  x\n\n  0  0  0     0  0            999 V3000\nM  V30 BEGIN CTAB\nM  V30 COUNTS 100000000 0 0 0 0\n"
        "M  V30 BEGIN ATOM\nM  V30 1 C 0 0 0 0\nM  V30 END ATOM\nM  V30 END CTAB\nM  END\n$$$$\n"
    )
    path = write(tmp_path / "a.sdf", [embedded(smiles, 1) for smiles in GOOD])
    path.write_text(path.read_text() + huge)
    assert left_out(ConformerFiles(str(path)), tmp_path / "out") == {"train": {"RDKit cannot read it": 1}}


def test_a_record_without_end_is_refused(tmp_path: Path):
    (tmp_path / "a.sdf").write_bytes(b"x" * (1 << 25))
    with pytest.raises(UserError, match="a record of more than 16,777,216 letters"):
        left_out(ConformerFiles(str(tmp_path / "a.sdf")), tmp_path / "out")

"""The embedded molecules: which they are, and that their geometries are minima, follow from the seed, and resume."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from molecule_fixtures import prepared
from rdkit import Chem
from rdkit.Chem import rdDistGeom, rdForceFieldHelpers, rdMolDescriptors

from genloop.data.molecules import drug_like, force_field
from genloop.data.molecules.chemistry import to_rdkit
from genloop.data.molecules.drug_like import DrugLike
from genloop.data.molecules.drug_likeness import is_drug_like
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.rmsd import best_rmsds
from genloop.errors import UserError
from genloop.types import Context, Progress, Runtime

SMALL = DrugLike(num_molecules=6, num_conformers=3)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    return prepared(SMALL, tmp_path_factory.mktemp("molecules") / "prepared")


def _files(directory: Path) -> dict[str, bytes]:
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def test_molecules_are_drug_like_and_divided(small):
    train, test, info = small
    assert (len(train.graphs), len(test.graphs)) == (5, 1)
    assert "force-field geometries" in info["geometry"]
    assert "wehi_mols.csv" in info["file"]
    for name in [*train.graphs.names, *test.graphs.names]:
        assert is_drug_like(Chem.MolFromSmiles(name))


@pytest.mark.parametrize(
    ("smiles", "problem"),
    [
        ("CCO", "small"),
        ("CCCCCCCCCCCCCCCC", "greasy and flexible"),
        ("OCC(O)C(O)C(O)C(O)C(O)C(O)CO", "polar"),
        ("CC(=O)Oc1ccccc1C(=O)O.[Na]", "two parts"),
        ("CC(O)c1ccc(C(=O)NC)cc1", "open stereocentre"),
        ("C[Se]c1ccc(C(=O)NC)cc1", "element"),
    ],
)
def test_others_are_not_drug_like(smiles, problem):
    assert is_drug_like(Chem.MolFromSmiles("CC(=O)Oc1ccccc1C(=O)O"))
    assert not is_drug_like(Chem.MolFromSmiles(smiles)), problem


def test_conformers_are_different_minima_of_the_force_field(small):
    train, _, _ = small
    ids = train.graph_ids(np.arange(len(train)))
    for graph, name in enumerate(train.graphs.names):
        conformers = [train.coordinates(index) for index in np.flatnonzero(ids == graph)]
        molecule = to_rdkit(train.graphs, graph, conformers)
        properties = rdForceFieldHelpers.MMFFGetMoleculeProperties(molecule)
        for conformer in molecule.GetConformers():
            field = rdForceFieldHelpers.MMFFGetMoleculeForceField(molecule, properties, confId=conformer.GetId())
            before = field.CalcEnergy()
            field.Minimize(maxIts=1000)
            assert before - field.CalcEnergy() < 0.1, name  # kcal/mol; what the minimiser's tolerance leaves
        distances = best_rmsds(to_rdkit(train.graphs, graph, conformers))
        assert np.all(distances[np.triu_indices(len(conformers), 1)] > 0.12)


def test_a_seed_gives_the_same_data_however_many_threads_and_interruptions(tmp_path):
    class Interrupted(Exception): ...

    def interrupt(progress: Progress) -> None:
        assert progress.total == 6
        if progress.done == 3:
            raise Interrupted

    (tmp_path / "scratch").mkdir()
    (tmp_path / "cut").mkdir()
    (tmp_path / "whole").mkdir()
    context = Context(Runtime(threads=2), scratch_dir=tmp_path / "scratch")
    with pytest.raises(Interrupted):
        SMALL.prepare(tmp_path / "cut", replace(context, report=interrupt))
    kept = _files(tmp_path / "scratch")
    assert len(kept) >= 3

    SMALL.prepare(tmp_path / "cut", context)
    assert _files(tmp_path / "scratch").items() >= kept.items()
    SMALL.prepare(tmp_path / "whole", Context(Runtime(threads=1)))
    assert _files(tmp_path / "cut") == _files(tmp_path / "whole")


def test_conformers_that_reach_no_minimum_are_dropped(monkeypatch):
    monkeypatch.setattr(force_field, "MAX_ITERATIONS", 1)
    assert list(force_field.made(["CC(=O)Oc1ccccc1C(=O)O"], 2, seed=1, threads=1)) == [None]


def test_kept_coordinates_are_not_made_again(tmp_path, monkeypatch):
    smiles = ["CC(=O)Oc1ccccc1C(=O)O"]
    (first,) = force_field.made(smiles, 2, seed=1, threads=1, scratch_dir=tmp_path)
    monkeypatch.setattr(rdDistGeom, "EmbedMultipleConfs", None)
    (second,) = force_field.made(smiles, 2, seed=1, threads=1, scratch_dir=tmp_path)
    assert np.array_equal(first.GetConformer().GetPositions(), second.GetConformer().GetPositions())


def test_seeds_draw_other_molecules_and_other_geometries(tmp_path):
    names = [set(prepared(replace(SMALL, seed=seed), tmp_path / str(seed))[0].graphs.names) for seed in (0, 1)]
    assert not names[0] & names[1]
    positions = []
    for seed in (0, 1):
        (molecule,) = force_field.made(["CC(=O)Oc1ccccc1C(=O)O"], 1, seed=seed, threads=1)
        positions.append(molecule.GetConformer().GetPositions())
    assert np.abs(positions[0] - positions[1]).max() > 0.1


def test_molecules_that_fail_are_replaced_and_named(tmp_path, monkeypatch):
    embed = rdDistGeom.EmbedMultipleConfs
    failed: list[str] = []

    def failing(molecule: Chem.Mol, *settings: Any) -> None:
        if len(failed) < 2:
            failed.append(Chem.MolToSmiles(Chem.RemoveHs(molecule)))
        else:
            embed(molecule, *settings)

    monkeypatch.setattr(rdDistGeom, "EmbedMultipleConfs", failing)
    train, test, info = prepared(replace(SMALL, num_conformers=1), tmp_path / "again")
    assert len(train.graphs) + len(test.graphs) == 6
    assert sorted(info["dropped"]["no conformer reached a minimum of the force field"]["first"]) == sorted(failed)


def test_the_other_file_serves_where_the_first_is_absent(tmp_path, monkeypatch):
    first, second = drug_like.FILES
    monkeypatch.setattr(drug_like, "FILES", {first: "another", second: drug_like.FILES[second]})
    assert SMALL.identity()["file"] == drug_like.FILES[second]
    assert "first_5K.smi" in prepared(replace(SMALL, num_conformers=1), tmp_path / "other")[2]["file"]
    monkeypatch.setattr(drug_like, "FILES", {first: "another"})
    with pytest.raises(UserError, match="absent"):
        SMALL.identity()


def test_settings_and_molecules_have_limits(monkeypatch, tmp_path):
    for settings in ({"num_molecules": 1}, {"num_conformers": 0}, {"seed": -1}):
        with pytest.raises(UserError):
            DrugLike(**settings)
    monkeypatch.setattr(drug_like, "_read", lambda path: ["CC(=O)Oc1ccccc1C(=O)O", "CCO"])
    with pytest.raises(UserError, match="more than the 1 drug-like molecules"):
        prepared(SMALL, tmp_path / "prepared")


def test_without_rdkit_the_install_command_is_given(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name == "rdkit" or name.startswith(("rdkit.", "genloop.data."))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "rdkit", None)
    (tmp_path / "a.sdf").write_text("")
    with pytest.raises(UserError, match=r"pip install 'genloop\[molecules\]'"):
        SMALL.identity()
    with pytest.raises(UserError, match=r"pip install 'genloop\[molecules\]'"):
        ConformerFiles(str(tmp_path / "a.sdf")).prepare(tmp_path, Context())


def test_distances_do_not_depend_on_placement_and_equal_atoms():
    molecule = Chem.AddHs(Chem.MolFromSmiles("OC(=O)c1ccc(C(C)(C)C)cc1"))
    (made,) = force_field.made([Chem.MolToSmiles(molecule)], 1, seed=0, threads=1)
    positions = made.GetConformer().GetPositions()
    turn = np.linalg.qr(np.random.default_rng(0).normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    matches = made.GetSubstructMatches(made, uniquify=False, maxMatches=10**6)
    assert rdMolDescriptors.CalcNumHeavyAtoms(made) == 13
    for match in (matches[1], matches[-1]):
        moved = Chem.Conformer(made.GetConformer())
        moved.SetPositions(positions[list(match)] @ turn + 5)
        made.AddConformer(moved, assignId=True)
    assert best_rmsds(made).max() < 1e-5  # what RDKit's alignment leaves of zero

"""SDF files against the molecules that RDKit wrote into them; parts against the graphs that they hold."""

import os
from pathlib import Path

import numpy as np
import pytest
from molecule_fixtures import best_rms, embedded, prepared, shuffled, write
from rdkit import Chem
from rdkit.Chem import AllChem

from genloop.data.molecules import sdf
from genloop.data.molecules.chemistry import Unusable, skeleton, to_ensemble, to_rdkit
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.graphs import Graphs
from genloop.data.molecules.sdf import write_sdf
from genloop.errors import UserError

SMILES = ("CCO", "c1ccccc1O", "C[N+](=O)[O-]", "CC(=O)[O-]", "C[C@H](N)C(=O)O", "C#N", "c1cc[nH]c1", "O")


@pytest.mark.parametrize("smiles", SMILES)
def test_atoms_in_another_order_give_the_same_graph(smiles):
    first, second = (to_ensemble(shuffled(embedded(smiles), seed)).graph for seed in (1, 2))
    assert first.name == second.name == Chem.CanonSmiles(smiles)
    assert all(np.array_equal(getattr(first, x), getattr(second, x)) for x in ("types", "charges", "bonds", "orders"))
    assert np.all(first.bonds[:, 0] < first.bonds[:, 1])


@pytest.mark.parametrize("smiles", SMILES)
def test_a_graph_becomes_the_molecule_again(smiles):
    molecule = shuffled(embedded(smiles), 3)
    ensemble = to_ensemble(molecule)
    graphs = Graphs.of([ensemble.graph])
    again = to_rdkit(graphs, 0, ensemble.coordinates)
    assert skeleton(Chem.MolToSmiles(Chem.RemoveHs(again))) == skeleton(smiles)
    for conformer in range(2):
        rms = best_rms(graphs, 0, ensemble.coordinates[conformer], molecule, conformer)
        assert rms < 1e-5  # float32


def test_unusable_molecules_say_why():
    whole = embedded("CCO", 1)
    flat = Chem.AddHs(Chem.MolFromSmiles("CCO"))
    AllChem.Compute2DCoords(flat)
    lost = Chem.Mol(whole)
    lost.GetConformer().SetAtomPosition(0, (float("nan"), 0.0, 0.0))
    reasons = {
        "hydrogens are missing": Chem.RemoveHs(whole),
        "it has no coordinates in space": flat,
        "it is not one connected molecule": Chem.CombineMols(whole, embedded("O", 1)),
        "a coordinate is not finite": lost,
        "an atom is a placeholder": embedded("*CC", 1),
    }
    for reason, molecule in reasons.items():
        with pytest.raises(Unusable, match=reason):
            to_ensemble(molecule)


@pytest.mark.parametrize("ending", [".sdf", ".sdf.gz"])
def test_conformers_are_read_and_divided_by_graph(tmp_path, ending):
    molecules = {skeleton(smiles): embedded(smiles, 3) for smiles in SMILES}
    records = [shuffled(Chem.Mol(molecule, confId=i), i) for i in range(3) for molecule in molecules.values()]
    source = ConformerFiles(str(write(tmp_path / f"all{ending}", records)), geometry="ETKDG")
    train, test, info = prepared(source, tmp_path / "prepared")
    assert info["geometry"] == "ETKDG"
    assert (
        info["train"] == {"molecules": 7, "conformations": 21} == {"molecules": len(train.graphs), "conformations": 21}
    )
    assert len(test) == 3
    names = [set(map(skeleton, part.graphs.names)) for part in (train, test)]
    assert names[0] | names[1] == set(molecules)
    assert not names[0] & names[1]
    for data in (train, test):
        for index, graph in enumerate(data.graph_ids(np.arange(len(data))).tolist()):
            molecule = molecules[skeleton(data.graphs.names[graph])]
            distances = [best_rms(data.graphs, graph, data.coordinates(index), molecule, i) for i in range(3)]
            assert min(distances) < 1e-3  # SDF has four decimals
    assert len(set(train.graph_ids(np.arange(7)).tolist())) > 3  # a random order, not molecule by molecule


def test_stereoisomers_stay_in_one_part(tmp_path):
    pairs = [(f"C[C@H](O){'C' * n}", f"C[C@@H](O){'C' * n}") for n in range(2, 6)]
    source = ConformerFiles(str(write(tmp_path / "a.sdf", [embedded(smiles) for pair in pairs for smiles in pair])))
    train, test, _ = prepared(source, tmp_path / "prepared")
    assert len(train.graphs) == 6
    assert len(test.graphs) == 2
    assert not set(map(skeleton, train.graphs.names)) & set(map(skeleton, test.graphs.names))


def test_unreadable_and_unusable_records_are_counted_and_named(tmp_path):
    path = write(tmp_path / "a.sdf", [embedded(smiles, 1) for smiles in SMILES])
    stripped = Chem.RemoveHs(embedded("CCO", 1))
    stripped.SetProp("_Name", "ethanol")
    broken = Chem.MolToMolBlock(embedded("C", 1)).replace("  5  4", "  5  9")
    path.write_text(path.read_text() + Chem.MolToMolBlock(stripped) + "$$$$\n" + broken + "$$$$\n")
    _, _, info = prepared(ConformerFiles(str(path)), tmp_path / "prepared")
    assert info["dropped"] == {
        "RDKit cannot read it": {"number": 1, "first": ["record 10 of a.sdf"]},
        "hydrogens are missing": {"number": 1, "first": ["record 9 of a.sdf (ethanol)"]},
    }


@pytest.mark.parametrize("symbol", ["XX\u00e9", "X\u00e9", "\u00e9", "\u20ac\u20ac"])
def test_a_symbol_of_other_letters_is_no_atom(tmp_path, symbol):
    """RDKit reads three bytes of it, and complains of them even where the last is half a letter."""
    damaged = Chem.MolToMolBlock(embedded("CCO", 1)).replace(" C  ", f" {symbol:<3}", 1)
    assert sdf._read_record("record 1", damaged) == sdf.Dropped("record 1", "RDKit cannot read it")


def test_given_test_molecules_are_used_and_must_be_others(tmp_path):
    train = write(tmp_path / "train.sdf", [embedded(smiles) for smiles in SMILES[:4]])
    test = write(tmp_path / "test.sdf", [embedded(smiles) for smiles in SMILES[4:]])
    data, held_out, _ = prepared(ConformerFiles(str(train), str(test)), tmp_path / "prepared")
    assert len(data.graphs) == len(held_out.graphs) == 4
    halves = [set(held_out.slice(*half).graph_ids(np.arange(4)).tolist()) for half in ((0, 4), (4, 8))]
    assert not halves[0] & halves[1]  # the noise floor compares molecules with other molecules
    with pytest.raises(UserError, match="4 of 4 test molecules are also training molecules"):
        prepared(ConformerFiles(str(train), str(train)), tmp_path / "again")


def test_files_that_cannot_be_used_are_refused_in_one_sentence(tmp_path):
    (tmp_path / "a.xyz").write_text("3")
    (tmp_path / "empty.sdf").write_text("")
    (tmp_path / "text.sdf.gz").write_text("no gzip")
    cut = write(tmp_path / "whole.sdf.gz", [embedded("CCO")]).read_bytes()
    (tmp_path / "cut.sdf.gz").write_bytes(cut[: len(cut) // 2])
    (tmp_path / "flipped.sdf.gz").write_bytes(cut[:100] + bytes(byte ^ 255 for byte in cut[100:]))
    bare = write(tmp_path / "bare.sdf", [Chem.RemoveHs(embedded("CCO"))])
    for name, message in {
        "none.sdf": "no such file",
        "a.xyz": "neither .sdf nor .sdf.gz",
        "empty.sdf": "holds no molecule",
        "text.sdf.gz": "cannot be read",
        "cut.sdf.gz": "cannot be read",
        "flipped.sdf.gz": "cannot be read",
        bare.name: "0 usable molecules .*hydrogens are missing",
    }.items():
        with pytest.raises(UserError, match=message):
            prepared(ConformerFiles(str(tmp_path / name)), tmp_path / f"{name}.prepared")


def test_identity_follows_the_content(tmp_path):
    first = write(tmp_path / "first.sdf", [embedded("CCO")])
    same = tmp_path / "same.sdf"
    same.write_bytes(first.read_bytes())
    other = write(tmp_path / "other.sdf", [embedded("CCO", seed=2)])
    identities = [ConformerFiles(str(path)).identity() for path in (first, same, other)]
    assert identities[0] == identities[1] != identities[2]


def test_written_conformations_are_read_back(tmp_path):
    source = ConformerFiles(str(write(tmp_path / "a.sdf", [embedded(smiles) for smiles in SMILES])))
    train, _, _ = prepared(source, tmp_path / "prepared")
    chosen = train.slice(2, 9)
    write_sdf(chosen, tmp_path / "out.sdf", lambda index: {"iteration": index, "model": "fit-1"})
    records = list(Chem.SDMolSupplier(str(tmp_path / "out.sdf"), removeHs=False))
    assert len(records) == 7
    for index, record in enumerate(records):
        graph = int(chosen.graph_ids(np.array([index]))[0])
        assert record.GetProp("_Name") == record.GetProp("smiles") == train.graphs.names[graph]
        assert record.GetIntProp("iteration") == index
        assert record.GetProp("model") == "fit-1"
        assert [atom.GetAtomicNum() for atom in record.GetAtoms()] == train.graphs.types_of(graph).tolist()
        error = np.abs(record.GetConformer().GetPositions() - chosen.coordinates(index)).max()
        assert error <= 0.5e-4 + 1e-6  # SDF has four decimals
        assert to_ensemble(record).graph.name == train.graphs.names[graph]  # stereochemistry is that of the coordinates


def test_published_conformers_are_read(tmp_path):
    """The conformer benchmark of Folmsbee and Hutchison (2020), a stand-in for GEOM."""
    folder = os.environ.get("GENLOOP_DATA")
    if not folder:
        pytest.skip("GENLOOP_DATA names no folder of development data")
    path = Path(folder) / "geom_drugs" / "conformers_test.sdf.gz"
    train, test, info = prepared(ConformerFiles(str(path)), tmp_path / "prepared")
    num_dropped = sum(reason["number"] for reason in info["dropped"].values())
    assert len(train) + len(test) + num_dropped == 679
    assert num_dropped < 20
    assert len(train.graphs) + len(test.graphs) in range(68, 72)

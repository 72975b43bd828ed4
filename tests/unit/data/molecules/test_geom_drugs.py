"""Files of GEOM's and GeoDiff's layout against the molecules pickled into them; hostile pickles run nothing."""

import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from molecule_fixtures import best_rms, embedded, prepared
from rdkit import Chem

from genloop.data.molecules.chemistry import skeleton
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.data.molecules.pickles import Refused
from genloop.errors import UserError

SMILES = ("CCCCO", "CCCCN", "CCCC(=O)O", "CCCCC#N", "CCCCF", "CCCCCl")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """GEOM's `rdkit_folder`: a summary, and a pickle for each molecule."""
    (tmp_path / "drugs").mkdir()
    summary: dict[str, Any] = {"never run": {"charge": 0}}
    for number, smiles in enumerate(SMILES):
        path = Path("drugs") / f"{number}.pickle"
        (tmp_path / path).write_bytes(pickle.dumps(_record(smiles)))
        summary[smiles] = {"charge": 0, "uniqueconfs": 4, "pickle_path": str(path)}
    (tmp_path / "summary_drugs.json").write_text(json.dumps(summary))
    return tmp_path


def _record(smiles: str, num: int = 4) -> dict[str, Any]:
    molecule = embedded(smiles, num)
    weights = [0.1, 0.4, 0.2, 0.3]
    conformers = [
        {"geom_id": i, "boltzmannweight": np.float64(weights[i]), "rd_mol": Chem.Mol(molecule, confId=i)}
        for i in range(num)
    ]
    return {"smiles": smiles, "uniqueconfs": num, "totalconfs": num, "conformers": conformers}


def _objects(smiles: str, num: int = 4) -> list[Any]:
    """Return data objects as GeoDiff makes them of a molecule."""
    data = pytest.importorskip("torch_geometric.data")
    molecule = embedded(smiles, num)
    objects = []
    for number in range(num):
        single = Chem.Mol(molecule, confId=number)
        types = torch.tensor([atom.GetAtomicNum() for atom in single.GetAtoms()])
        position = torch.tensor(single.GetConformer().GetPositions(), dtype=torch.float32)
        single.RemoveAllConformers()  # so that `pos` is what is read
        weight = torch.tensor([0.5], dtype=torch.float32)
        objects.append(data.Data(atom_type=types, pos=position, rdmol=single, smiles=smiles, boltzmannweight=weight))
    return objects


def _dump(content: Any, path: Path, protocol: int = pickle.DEFAULT_PROTOCOL) -> Path:
    path.write_bytes(pickle.dumps(content, protocol=protocol))
    return path


def _assert_conformers(data: Any, num: int, chosen: tuple[int, ...]) -> None:
    """Every conformation is one of the chosen conformers of its molecule, each of them once."""
    assert len(data) == num * len(data.graphs)
    found = set()
    for index, graph in enumerate(data.graph_ids(np.arange(len(data))).tolist()):
        smiles = next(each for each in SMILES if skeleton(each) == data.graphs.names[graph])
        errors = [best_rms(data.graphs, graph, data.coordinates(index), embedded(smiles, 4), i) for i in range(4)]
        assert min(errors) < 1e-5  # float32
        found.add((graph, int(np.argmin(errors))))
    assert found == {(graph, i) for graph in range(len(data.graphs)) for i in chosen}


def test_likeliest_conformers_of_the_published_folder(folder, tmp_path):
    train, test, info = prepared(GeomDrugs(str(folder), num_conformers=2), tmp_path / "prepared")
    assert info["geometry"].startswith("GEOM-Drugs")
    assert (len(train.graphs), len(test.graphs)) == (5, 1)
    for data in (train, test):
        _assert_conformers(data, 2, chosen=(1, 3))


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
def test_lists_of_data_objects(tmp_path, protocol):
    content = [item for smiles in SMILES for item in _objects(smiles)]
    path = _dump(content, tmp_path / "train_data_40k.pkl", protocol)
    train, test, _ = prepared(GeomDrugs(str(path), num_conformers=3), tmp_path / "prepared")
    for data in (train, test):
        _assert_conformers(data, 3, chosen=(0, 1, 2))


def test_lists_that_an_early_torch_geometric_wrote(tmp_path, monkeypatch):
    """Their attributes lie in their own dictionary."""
    early = type("Data", (), {"__module__": "torch_geometric.data.data"})
    content = []
    for item in [item for smiles in SMILES for item in _objects(smiles)]:
        content.append(early())
        content[-1].__dict__.update(x=None, edge_index=None, y=None, **item.to_dict())
    with monkeypatch.context() as patched:
        patched.setattr("torch_geometric.data.data.Data", early)
        path = _dump(content, tmp_path / "train.pkl", protocol=3)
    train, test, _ = prepared(GeomDrugs(str(path)), tmp_path / "prepared")
    for data in (train, test):
        _assert_conformers(data, 4, chosen=(0, 1, 2, 3))


def test_fewer_molecules_are_the_same_ones_of_either_layout(folder, tmp_path):
    path = _dump([item for smiles in SMILES for item in _objects(smiles)], tmp_path / "list.pkl")
    names = []
    for number, written in enumerate((folder, path, folder / "summary_drugs.json")):
        train, test, _ = prepared(GeomDrugs(str(written), num_molecules=3), tmp_path / str(number))
        names.append((sorted(train.graphs.names), sorted(test.graphs.names)))
    assert names[0] == names[1] == names[2]
    assert len(names[0][0] + names[0][1]) == 3


def test_bad_molecules_are_counted_and_named(folder, tmp_path):
    (folder / "drugs" / "0.pickle").unlink()
    (folder / "drugs" / "1.pickle").write_bytes((folder / "drugs" / "1.pickle").read_bytes()[:200])
    record = _record(SMILES[2], 1)
    record["conformers"][0]["rd_mol"] = Chem.RemoveHs(record["conformers"][0]["rd_mol"])
    _dump(record, folder / "drugs" / "2.pickle")
    summary = json.loads((folder / "summary_drugs.json").read_text())
    summary[SMILES[3]]["pickle_path"] = "../outside.pickle"
    (folder / "summary_drugs.json").write_text(json.dumps(summary))
    train, test, info = prepared(GeomDrugs(str(folder)), tmp_path / "prepared")
    assert len(train.graphs) + len(test.graphs) == 2
    assert {reason: each["first"] for reason, each in info["dropped"].items()} == {
        "its pickle is missing": [SMILES[0]],
        "its pickle cannot be read": [SMILES[1]],
        "hydrogens are missing": [SMILES[2]],
        "its pickle lies outside the folder": [SMILES[3]],
    }


class _Call:
    """Pickles as a call."""

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call


def _hostile(marker: Path) -> dict[str, Any]:
    """Return what would make the file `marker` if it were unpickled without care."""
    command = f"touch {marker}"
    return {
        "a command": _Call(os.system, command),
        "code": _Call(eval, f"__import__('os').system({command!r})"),
        "an attribute": _Call(getattr, "text", "upper"),
        "a class": marker,
    }


@pytest.mark.parametrize("kind", ["a command", "code", "an attribute", "a class"])
@pytest.mark.parametrize("layout", ["folder", "list"])
def test_a_hostile_pickle_is_refused(folder, tmp_path, kind, layout):
    marker = tmp_path / "marker"
    content = _hostile(marker)[kind]
    objects = _objects("CCO")
    objects[0].smiles = content
    path = _dump(objects, tmp_path / "list.pkl")
    _dump({**_record("CCO"), "smiles": content}, folder / "drugs" / "3.pickle")
    written = folder if layout == "folder" else path
    with pytest.raises(Refused, match=r"\.pickle asks for |\.pkl asks for ") as refusal:
        prepared(GeomDrugs(str(written)), tmp_path / "prepared")
    assert str(refusal.value).count("\n") == 0
    assert not marker.exists()


def test_a_hostile_tensor_within_a_pickle_runs_nothing(tmp_path):
    """The bytes of a storage are a pickle of their own."""
    marker = tmp_path / "marker"

    class Storage:
        def __reduce__(self) -> Any:
            return torch.storage._load_from_bytes, (pickle.dumps(_Call(os.system, f"touch {marker}"), protocol=2),)

    class Tensor:
        def __reduce__(self) -> Any:
            return torch._utils._rebuild_tensor_v2, (Storage(), 0, (9, 3), (3, 1), False, {})

    objects = [item for smiles in ("CCO", "CCC", "CCF") for item in _objects(smiles)]
    for item in objects[:4]:
        item.pos = Tensor()
    path = _dump(objects, tmp_path / "list.pkl")
    _, _, info = prepared(GeomDrugs(str(path)), tmp_path / "prepared")
    assert info["dropped"] == {"a tensor cannot be read": {"number": 4, "first": ["CCO"] * 4}}
    assert not marker.exists()


def test_what_is_no_such_file_is_refused_in_one_sentence(tmp_path):
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.pkl").write_text("no pickle")
    _dump({"a": 1}, tmp_path / "dictionary.pkl")
    (tmp_path / "summary.json").write_text("[1, 2]")
    for name, message in {
        "empty": "summary_drugs.json. Name GEOM's rdkit_folder",
        "none.pkl": "there is no file",
        "text.pkl": "its pickle cannot be read",
        "dictionary.pkl": "is no list of torch_geometric data objects",
        "summary.json": "is no summary of GEOM",
    }.items():
        with pytest.raises(UserError, match=message):
            prepared(GeomDrugs(str(tmp_path / name)), tmp_path / f"{name}.prepared")
    for settings in ({"num_molecules": 1}, {"num_conformers": 0}):
        with pytest.raises(UserError):
            GeomDrugs("somewhere", **settings)


def test_identity_follows_the_content(folder, tmp_path):
    path = _dump(_objects("CCO"), tmp_path / "list.pkl")
    for written in (folder, path):
        source = GeomDrugs(str(written), num_molecules=5)
        before = source.identity()
        assert before == GeomDrugs(str(written), num_molecules=5).identity()
        assert before != GeomDrugs(str(written), num_molecules=4).identity()
    _dump(_record(SMILES[0], 3), folder / "drugs" / "0.pickle")
    assert GeomDrugs(str(folder)).identity() != GeomDrugs(str(path)).identity()

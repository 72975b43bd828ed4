"""Runs of molecules: metrics with their noise floors, pictures, and SDF files, against what the store holds."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.image import imread
from molecule_fixtures import NoisyMolecules, embedded, write
from plugins import TOYS, installed
from rdkit import Chem
from toys import experiment as toy

from genloop.data.molecules.domain import MoleculeDomain
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.graphs import graph_files
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.metrics.coverage import Coverage
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.geometry import Geometry
from genloop.policies import Accumulate, Replace
from genloop.report.exports.export import export
from genloop.report.figures import molecules
from genloop.report.figures.molecules import draw_molecules
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Context

SMILES = (
    "CCCCCO",
    "c1ccccc1CCO",
    "CC(=O)NCCC",
    "CCCC(=O)O",
    "CCOCCN",
    "CC(C)CCF",
    "CCCCS",
    "CCCCCl",
    "C#CCCC",
    "CCNCC#N",
)


@pytest.fixture(scope="module", autouse=True)
def names(tmp_path_factory):
    """A name for what experiment files mean in this module."""
    offers = {"genloop.estimators": {"noisy-molecules": "molecule_fixtures:NoisyMolecules"}}
    with installed(tmp_path_factory.mktemp("site"), offers):
        yield


@pytest.fixture(scope="module")
def finished(names: None, tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("molecules")
    train = write(folder / "train.sdf", [embedded(smiles, 4) for smiles in SMILES[4:]])
    test = write(folder / "test.sdf", [embedded(smiles, 4) for smiles in SMILES[:4]])
    source = ConformerFiles(str(train), str(test), geometry="distance geometry")
    metrics = (DenoisingLoss(), Coverage(), Geometry())
    experiment = Experiment("noisy", source, NoisyMolecules(), (Replace(), Accumulate()), metrics, 3, num_samples=20)
    return run(experiment, folder / "run")


def test_noise_gathers_in_the_samples_of_replace(finished):
    values = {(row.policy, row.iteration, row.metric): row.value for row in finished.rows()}
    assert all(value is not None for value in values.values())
    bonds = {policy: [values[policy, n, "bond_wasserstein"] for n in (1, 2, 3)] for policy in ("replace", "accumulate")}
    assert bonds["replace"][0] < bonds["replace"][1] < bonds["replace"][2]
    assert bonds["accumulate"][2] < bonds["replace"][2]
    floor = {row.metric: row.value for row in finished.noise_floor()}
    assert set(floor) == {value.name for value in Geometry.values}
    assert floor["broken"] == 0
    assert 0 < floor["bond_wasserstein"] < bonds["replace"][0]


@pytest.mark.parametrize("part", ["train", "samples"])
def test_rdkit_reads_what_a_model_was_fitted_on_and_what_it_generated(finished, tmp_path, part):
    export(finished, policy="accumulate", iteration=2, data=tmp_path / "a.sdf", part=part)
    records = list(Chem.SDMolSupplier(str(tmp_path / "a.sdf"), removeHs=False))
    domain = MoleculeDomain(finished.store.path(finished.record.source))
    items = {i.iteration: i for i in finished.record.iterations if i.policy == "accumulate"}
    samples = {n: domain.generated(finished.store.path(item.samples)) for n, item in items.items()}
    real = domain.prepared("train").slice(0, 20)
    expected = real.concat([samples[1]]) if part == "train" else samples[2]
    assert len(records) == len(expected)
    for index, record in enumerate(records):
        graph = int(expected.graph_ids(np.array([index]))[0])
        assert record.GetProp("smiles") == expected.graphs.names[graph]
        assert np.abs(record.GetConformer().GetPositions() - expected.coordinates(index)).max() < 1e-4  # four decimals
        is_real = part == "train" and index < 20
        assert record.GetProp("source") == ("real" if is_real else f"model {1 if part == 'train' else 2}")
        assert record.GetIntProp("iteration") == (0 if is_real else 1 if part == "train" else 2)
        assert record.HasProp("model") == (not is_real)
        assert record.GetProp("policy") == "accumulate"


def test_molecules_are_written_as_sdf_only(finished, tmp_path):
    for name in ("a.parquet", "a.mol2", "a"):
        with pytest.raises(
            UserError, match=rf"{name}: the conformations of noisy cannot .* a file that ends in \.sdf\.$"
        ):
            export(finished, policy="replace", iteration=1, data=tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_the_same_molecules_are_drawn_of_all_models(finished, tmp_path, monkeypatch):
    drawn = []
    draw = molecules.draw_shapes
    monkeypatch.setattr(
        molecules, "draw_shapes", lambda rows, *args, **kw: (drawn.append(rows), draw(rows, *args, **kw))
    )
    draw_molecules(finished, tmp_path / "a.png", num=3)
    assert imread(tmp_path / "a.png").size
    (rows,) = drawn
    assert len(rows) == 3
    for row in rows:
        assert list(row) == ["real", "iteration 1", "replace\niteration 3", "accumulate\niteration 3"]
        types = [shape.types.tolist() for shape in row.values()]
        assert types == [types[0]] * 4
        noise = [np.std(shape.coordinates - row["real"].coordinates) for shape in row.values()]
        assert noise[0] == 0
        assert noise[1] == pytest.approx(0.05, rel=0.5)  # of some 50 coordinates: 5 standard errors
    real = MoleculeDomain(finished.store.path(finished.record.source)).prepared("train")
    assert np.array_equal(rows[0]["real"].coordinates, real.coordinates(0))


def test_card_of_a_model_of_molecules_shows_how_its_folder_is_used(finished, tmp_path, monkeypatch):
    """The folder holds the graphs that the model samples, and no conformation of the real data."""
    export(finished, policy="replace", iteration=2, model=tmp_path / "model")
    monkeypatch.chdir(tmp_path / "model")
    (block,) = re.findall(r"```python\n(.*?)```", Path("README.md").read_text("utf-8"), flags=re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(block, "README.md", "exec"), names)
    assert len(names["model"].sample(5, seed=0, context=Context())) == 5
    assert {path.name for path in Path("train").iterdir()} == set(graph_files())


def test_runs_without_molecules_are_neither_drawn_nor_written(tmp_path: Path):
    with installed(tmp_path / "site", TOYS):
        numbers = run(toy(), tmp_path / "run")
        draw_molecules(numbers, tmp_path / "a.png")
        assert not (tmp_path / "a.png").exists()
        with pytest.raises(UserError, match="The data of toy are numbers of the domain 'toys', which is not installed"):
            export(numbers, policy="replace", iteration=1, data=tmp_path / "a.sdf")

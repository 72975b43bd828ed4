"""Metrics of conformations against real ones that were moved, broken, exchanged or kept."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from molecule_fixtures import embedded, prepared, write
from scipy.stats import wasserstein_distance as expected_distance
from scoring import score, standard_errors

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.graphs import Graph, Graphs
from genloop.errors import UserError
from genloop.metrics.coverage import Coverage
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.geometry import Geometry
from genloop.metrics.internal_coordinates import by_kind, degrees, internals, lengths, wasserstein_distance
from genloop.types import Context, Evidence

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
CPU = Context()


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> tuple[MoleculeDataset, MoleculeDataset]:
    """Training and test conformations, four of each molecule."""
    folder = tmp_path_factory.mktemp("molecules")
    train = write(folder / "train.sdf", [embedded(smiles, 4) for smiles in SMILES[5:]])
    test = write(folder / "test.sdf", [embedded(smiles, 4) for smiles in SMILES[:5]])
    return prepared(ConformerFiles(str(train), str(test)), folder / "prepared")[:2]


@dataclass(frozen=True)
class Model:
    """Samples real conformations of the conditions after a change, which is told their molecule."""

    change: Callable[[np.ndarray, int, np.random.Generator], np.ndarray]

    def sample(self, num: int, *, seed: int, conditions: MoleculeDataset, context: Context) -> MoleculeDataset:
        assert num == len(conditions)
        random = np.random.default_rng(seed)
        ids = conditions.graph_ids(np.arange(num))
        changed = [self.change(conditions.coordinates(index), int(ids[index]), random) for index in range(num)]
        return MoleculeDataset.of(conditions.graphs, ids, np.concatenate(changed))

    def mean_loss(self, data: MoleculeDataset, *, seed: int, context: Context) -> float:
        return len(data) + seed / 10


def moved(coordinates: np.ndarray, _: int, random: np.random.Generator) -> np.ndarray:
    """Return the same shape somewhere else."""
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    return coordinates @ (turn * np.sign(np.linalg.det(turn))) + random.normal(size=3)


def scored(metric: Any, evidence: Evidence) -> dict[str, float]:
    return score(metric, seed=1, context=CPU, **vars(evidence))


def test_moved_real_conformers_are_covered_exactly(parts):
    evidence = Evidence(parts[1], model=Model(moved))
    values, errors = scored(Coverage(), evidence), standard_errors(Coverage(), seed=1, context=CPU, **vars(evidence))
    for side in ("recall", "precision"):
        assert values[f"coverage_{side}"] == 1
        assert values[f"matching_{side}"] < 1e-4  # float32 coordinates
        assert errors[f"coverage_{side}"] == 0


def test_recall_and_precision_tell_collapse_from_noise(parts):
    """A model of one conformer is precise; one whose samples are half noise still finds everything."""
    test = parts[1]
    first = {graph: coordinates[0] for graph, coordinates in test.by_molecule()}

    collapsed = scored(Coverage(0.3), Evidence(test, model=Model(lambda real, graph, random: first[graph])))
    assert collapsed["coverage_precision"] == 1
    assert collapsed["coverage_recall"] < 0.5
    assert collapsed["matching_recall"] > collapsed["matching_precision"]

    turns = iter(range(10**6))
    noisy = Model(lambda real, graph, random: real if next(turns) % 2 else random.normal(size=real.shape, scale=5))
    values = scored(Coverage(0.3), Evidence(test, model=noisy))
    assert values["coverage_recall"] == 1
    assert values["coverage_precision"] == 0.5


def test_distances_are_those_of_heavy_atoms(parts):
    graphs = parts[1].graphs
    without_hydrogens = Model(lambda real, graph, _: np.where((graphs.types_of(graph) == 1)[:, None], 50.0, real))
    assert scored(Coverage(), Evidence(parts[1], model=without_hydrogens))["matching_recall"] < 1e-4
    values = scored(Coverage(), Evidence(parts[1], model=Model(lambda real, graph, random: real * 1.1)))
    expected = []
    for graph, conformers in parts[1].by_molecule():
        heavy = conformers[:, graphs.types_of(graph) > 1]
        radius = np.linalg.norm(heavy - heavy.mean(axis=1, keepdims=True), axis=-1)
        expected.append(np.mean(0.1 * np.sqrt(np.mean(radius**2, axis=1))))
    assert values["matching_recall"] <= np.mean(expected) + 1e-4  # another conformer may be nearer still
    assert values["matching_recall"] > 0.8 * np.mean(expected)


def test_real_values_compare_halves_of_each_molecule(parts):
    test = parts[1]
    values = scored(Coverage(), Evidence(test, model=Model(moved)))
    assert values["matching_recall_real"] > 0
    assert test.graph_ids(np.arange(8)).tolist() == [0] * 4 + [1] * 4
    copies = test.take(np.array([0, 1, 2, 3, 0, 1, 2, 3, 4, 5, 6, 7, 4, 5, 6, 7]))
    twice = scored(Coverage(), Evidence(copies, model=Model(moved)))
    assert twice["coverage_recall_real"] == 1
    assert twice["matching_recall_real"] < 1e-4
    single = test.take(np.array([0, 4]))  # of which no half stands in for another
    alone = scored(Coverage(), Evidence(single, model=Model(moved)))
    assert np.isnan(alone["coverage_recall_real"])
    assert np.isnan(alone["coverage_recall_half"])
    assert alone["coverage_recall"] == 1


def test_a_model_of_the_real_conformers_scores_at_their_size_what_they_score(parts):
    """It writes, of four real conformers, the last two first: then both halves are compared alike, to the digit."""

    class LastFirst(Model):
        def sample(self, num: int, *, conditions: MoleculeDataset, **settings: Any) -> MoleculeDataset:
            order = np.array([4, 6, 0, 2, 4, 6, 0, 2])  # of two attempts at each of four
            ordered = conditions.take((np.arange(0, num, 8)[:, None] + order).ravel())
            return super().sample(num, conditions=ordered, **settings)

    values = scored(Coverage(), Evidence(parts[1], model=LastFirst(lambda real, graph, random: real)))
    for name in ("coverage_recall", "matching_recall", "coverage_precision", "matching_precision"):
        assert values[f"{name}_half"] == pytest.approx(values[f"{name}_real"], abs=1e-5)
    assert values["matching_recall"] < values["matching_recall_half"]  # which has fewer attempts


def test_first_molecules_are_looked_at_and_broken_samples_cover_nothing(parts):
    seen: list[int] = []

    class Counting(Model):
        def sample(self, num: int, **settings: Any) -> MoleculeDataset:
            seen.append(num)
            return super().sample(num, **settings)

    lost = Counting(lambda real, graph, random: np.full_like(real, np.nan))
    values = scored(Coverage(num_molecules=2), Evidence(parts[1], model=lost))
    assert seen == [2 * 2 * 4]  # molecules, twice, conformers
    assert values["coverage_recall"] == values["coverage_precision"] == 0
    assert np.isinf(values["matching_recall"])


def test_real_geometries_are_whole(parts):
    train, test = parts
    values = scored(Geometry(), Evidence(test, samples=train))
    assert values["broken"] == values["bad_bonds"] == values["clashes"] == 0
    same = scored(Geometry(), Evidence(test, samples=test))
    assert same["bond_wasserstein"] == same["angle_wasserstein"] == 0


def changed(data: MoleculeDataset, change: Callable[[np.ndarray], np.ndarray]) -> MoleculeDataset:
    """Return conformations of which every second one is changed."""
    each = [change(data.coordinates(index)) if index % 2 else data.coordinates(index) for index in range(len(data))]
    return MoleculeDataset.of(data.graphs, data.graph_ids(np.arange(len(data))), np.concatenate(each))


@pytest.mark.parametrize(
    ("change", "broken", "bad_bonds"),
    [
        (lambda real: real * 1.3, 0.5, 0.4),
        (lambda real: real * 0.7, 0.5, 0.4),
        (lambda real: real * np.nan, 0.5, 0.5),
        (lambda real: real * 1.05, 0, 0),
    ],
)
def test_broken_geometries_are_counted(parts, change, broken, bad_bonds):
    values = scored(Geometry(), Evidence(parts[1], samples=changed(parts[1], change)))
    assert values["broken"] == broken
    assert bad_bonds <= values["bad_bonds"] <= broken  # a double bond may be stretched a little further


def test_one_bad_bond_and_one_clash_are_one_each():
    """Carbon monoxide and an argon atom on a line: whole, stretched, too close, and both."""
    graph = Graph(np.array([6, 8, 18]), np.zeros(3), np.array([[0, 1]]), np.array([3]), "[C-]#[O+].[Ar]")
    places = [[0, 1.13, 6], [0, 2.0, 6], [0, 1.13, 2.8], [0, 0.3, 0.6]]
    lines = np.array([[[x, 0, 0] for x in each] for each in places], np.float32)
    data = MoleculeDataset.of(Graphs.of([graph]), np.zeros(4, np.int32), lines.reshape(-1, 3))
    values = Geometry().score(Evidence(data, samples=data), seed=0, context=CPU)
    assert values["broken"] == 0.75
    assert values["bad_bonds"] == 0.5
    assert values["clashes"] == (0 + 0 + 1 + 2) / 4


def test_stretching_shifts_bonds_and_keeps_angles(parts):
    test = parts[1]
    stretched = test.read(np.arange(len(test)))
    samples = MoleculeDataset.of(test.graphs, stretched.graph_ids, 1.1 * stretched.coordinates)
    values = scored(Geometry(), Evidence(test, samples=samples))
    bonds = by_kind(test)[0]
    mean = np.average([np.mean(each) for each in bonds.values()], weights=[len(each) for each in bonds.values()])
    assert values["bond_wasserstein"] == pytest.approx(0.1 * mean, rel=0.02)  # but for the rarest kinds
    assert values["angle_wasserstein"] < 1e-3  # degrees; float32


def test_lengths_and_angles_are_those_of_a_known_molecule():
    water = Graph(np.array([8, 1, 1]), np.zeros(3), np.array([[0, 1], [0, 2]]), np.array([1, 1]), "O")
    graphs = Graphs.of([water])
    molecule = internals(graphs, 0)
    assert molecule.bond_kinds == [(1, 8, 1)] * 2
    assert molecule.angle_kinds == [(1, 8, 1, 2)]
    angle = np.radians(104.5)
    coordinates = 0.96 * np.array([[[0, 0, 0], [1, 0, 0], [np.cos(angle), np.sin(angle), 0]]])
    assert lengths(coordinates, molecule.bonds) == pytest.approx(0.96)
    assert degrees(coordinates, molecule.angles) == pytest.approx(104.5)


def test_wasserstein_distance_is_that_of_scipy():
    random = np.random.default_rng(0)
    for sizes in ((1, 1), (3, 7), (100, 41)):
        first, second = (random.normal(size=size).round(1) for size in sizes)
        assert wasserstein_distance(first, second) == pytest.approx(expected_distance(first, second))


def test_denoising_loss_has_the_same_noise_in_every_iteration(parts):
    test = parts[1]
    model = Model(moved)
    metric = DenoisingLoss(noise_seed=3)
    losses = [metric.score(Evidence(test, model=model), seed=seed, context=CPU) for seed in (1, 2)]
    assert losses[0] == losses[1] == {"test_loss": len(test) + 0.3}
    assert DenoisingLoss(5).score(Evidence(test, model=model), seed=1, context=CPU) == {"test_loss": 5}


def test_settings_that_leave_nothing_are_refused(tmp_path: Path):
    for make in (lambda: Coverage(0), lambda: Coverage(num_molecules=0), lambda: Geometry(0), lambda: DenoisingLoss(0)):
        with pytest.raises(UserError):
            make()

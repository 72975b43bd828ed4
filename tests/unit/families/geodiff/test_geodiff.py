"""GeoDiff's diffusion against its definition and known distributions, and what fits and samples must keep to."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from geodiff_fixtures import CONTEXT, SMALL, SMILES, conformers, network
from molecule_fixtures import best_rms, embedded

from genloop.data.molecules.domain import MoleculeDomain
from genloop.errors import UserError
from genloop.families.geodiff import generate as generating
from genloop.families.geodiff.denoising import Denoising, Noise
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.generate import shortened, without_noise
from genloop.families.geodiff.sampling import Sampling
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.topology import Topologies, Topology
from genloop.types import Context, Runtime

PAPER = Schedule(5000, 1e-7, 2e-3)


@pytest.fixture(scope="module")
def data():
    return conformers()


@pytest.fixture(scope="module")
def model(data):
    return SMALL.fit(data, seed=0, context=CONTEXT)


def test_schedule_is_that_of_the_paper():
    betas = 1 - PAPER.signal[1:] / PAPER.signal[:-1]
    assert betas[0] == pytest.approx(1e-7 + (2e-3 - 1e-7) / (1 + np.exp(6)), rel=0.01)
    assert betas[-1] == pytest.approx(2e-3, rel=0.01)
    assert betas[2498] == pytest.approx(1e-3, rel=0.01)
    assert 0 < PAPER.levels[0] < 0.01
    assert 10 < PAPER.levels[-1] < 15
    assert (np.diff(PAPER.levels) > 0).all()


def test_steps_of_diffusion_add_up_to_the_levels():
    """C^t of 100,000 chains against C^0 + sigma_t noise, within 4 standard errors of its variance and mean."""
    schedule = Schedule(40, 0.01, 0.2)
    random, state = np.random.default_rng(0), np.full(100_000, 3.0)
    betas = 1 - schedule.signal / np.append(1, schedule.signal[:-1])
    for beta, signal, level in zip(betas, schedule.signal, schedule.levels, strict=True):
        state = np.sqrt(1 - beta) * state + np.sqrt(beta) * random.normal(size=len(state))
        scaled = state / np.sqrt(signal)
        assert abs(scaled.mean() - 3) < 4 * level / 100_000**0.5
        assert abs(scaled.var() / level**2 - 1) < 4 * (2 / 100_000) ** 0.5


def free_atoms(num: int) -> Topology:
    """Return one conformation of atoms that no edge joins."""
    none = torch.empty(0, dtype=torch.long)
    atoms = torch.zeros(num, dtype=torch.long)
    return Topology(atoms, none, none, none, none, none, atoms, torch.tensor([num]))


@pytest.mark.parametrize("kind", ["ancestral", "ddim"])
@pytest.mark.parametrize("spread", [0.5, 2.0])
def test_known_noise_leads_to_the_known_distribution(kind, spread):
    """Gaussian data with the noise that is found best: the variance is within 4 standard errors, and 2 % for the steps.

    An atom at x has the noise level x / (level^2 + spread^2).
    """

    def best(coordinates, levels, _):
        return coordinates * levels / (levels**2 + spread**2)

    best.device = torch.device("cpu")
    num = 20_000
    noise = Noise(3, np.array([0]), np.array([num]))
    sampling = Sampling(num_steps=400, kind=kind)
    found = without_noise(best, free_atoms(num), noise, PAPER, sampling)  # type: ignore[arg-type]
    assert abs(found.var().item() / spread**2 - 1) < 4 * (2 / (3 * num)) ** 0.5 + 0.02


def test_ancestral_steps_have_the_posterior_of_diffusion():
    """Of x at level r, given x at s and the conformation 0: mean (r / s)^2 x, variance r^2 (1 - (r / s)^2).

    Slope and variance of 60,000 numbers are within 4 standard errors; steps of DDIM add nothing.
    """
    for kind, share_of_fresh in (("ancestral", 1), ("ddim", 0)):
        seen = []

        def found(coordinates, levels, _, seen=seen):
            seen.append((levels.item(), coordinates.flatten().double()))
            return coordinates / levels

        found.device = torch.device("cpu")
        noise, sampling = Noise(3, np.array([0]), np.array([20_000])), Sampling(num_steps=4, kind=kind, clip=100)  # type: ignore[arg-type]
        ended = without_noise(found, free_atoms(20_000), noise, PAPER, sampling)  # type: ignore[arg-type]
        assert ended.abs().max() < 1e-4
        for (level, before), (following, after) in pairwise(seen):
            slope = (before @ after) / (before @ before)
            variance = following**2 * (1 - (following / level) ** 2) * share_of_fresh
            kept = following**2 / level**2 if share_of_fresh else following / level
            assert abs(slope - kept) <= 4 * variance**0.5 / level / 60_000**0.5 + 1e-5
            assert (after - slope * before).var() == pytest.approx(variance, rel=4 * (2 / 60_000) ** 0.5, abs=1e-6)


def test_noise_of_a_conformation_does_not_depend_on_its_batch():
    sizes = np.array([5, 3, 7])
    together = Noise(1, np.array([4, 9, 2]), sizes)
    first, second = together.draw(), together.draw()
    assert (first != second).all()
    assert (first[0:3] != first[5:8]).all()
    alone = Noise(1, np.array([9]), sizes[1:2])
    assert torch.equal(alone.draw(), first[5:8])
    assert torch.equal(alone.draw(), second[5:8])
    other = Noise(2, np.array([9]), sizes[1:2])
    assert (other.draw() != first[5:8]).all()


def test_consecutive_conformations_meet_all_levels(data):
    """Of 20 numbers, each twentieth of the schedule gets 0, 1 or 2, wherever they begin."""
    task = Denoising(PAPER, Topologies(data.graphs, 3), data, seed=5)
    for begin in (0, 17, 100_000):
        steps = np.searchsorted(PAPER.levels, task.levels(np.arange(begin, begin + 20)))
        counts = np.bincount(steps // 250, minlength=20)
        assert counts.max() <= 2
        assert (counts == 0).sum() <= 6


def test_vectors_are_shortened_and_what_is_no_number_is_none():
    noise = torch.tensor([[3.0, 4.0, 0.0], [0.3, 0.4, 0.0], [torch.nan, 1.0, torch.inf]])
    expected = torch.tensor([[0.6, 0.8, 0.0], [0.3, 0.4, 0.0], [0.0, 1.0, 0.0]])
    torch.testing.assert_close(shortened(noise, 1.0), expected)


def test_one_molecule_is_learnt_by_heart():
    """Every sample of pyridine is within an RMSD of 0.5 angstrom of the conformer, up to its symmetry."""
    data, molecule = conformers(["c1ccncc1"], 1), embedded("c1ccncc1", 1)
    estimator = GeoDiff(width=32, num_global=2, num_local=2, batch=8, num_steps=180, learning_rate=1e-2)
    samples = estimator.fit(data, seed=0, context=CONTEXT).sample(8, seed=1, context=CONTEXT)
    distances = [best_rms(data.graphs, 0, samples.coordinates(number), molecule, 0) for number in range(8)]
    assert max(distances) < 0.5


def test_a_fit_finds_noise_that_it_has_not_seen(data):
    """A network that says nothing has a loss near 1."""
    fitted = replace(SMALL, num_steps=60, width=16).fit(data, seed=0, context=CONTEXT)
    assert fitted.mean_loss(data, seed=9, context=CONTEXT) < 0.7
    assert len(fitted.record.losses) == 60


def test_loss_has_the_same_noise_for_all_models_and_batches(model, data):
    first = model.mean_loss(data, seed=5, context=CONTEXT)
    assert model.mean_loss(data, seed=5, context=CONTEXT) == first
    assert model.mean_loss(data, seed=6, context=CONTEXT) != first
    task = Denoising(model.schedule, Topologies(data.graphs, 3), data, 5)
    with torch.no_grad():
        each = [task.losses(model.network, np.array([i]), np.array([i])).item() for i in range(len(data))]
    assert first == pytest.approx(np.mean(each), rel=1e-5)  # float32


def test_samples_are_of_the_molecules_of_the_training_set(model, data):
    graph_ids = data.graph_ids(np.arange(len(data))).tolist()
    samples = model.sample(8, seed=1, context=CONTEXT)
    assert samples.graph_ids(np.arange(8)).tolist() == (graph_ids + graph_ids)[:8]
    assert (samples.coordinates(0) != samples.coordinates(6)[: len(samples.coordinates(0))]).any()
    others = conformers(SMILES[1:2], 3)
    asked = model.sample(3, seed=1, conditions=others, context=CONTEXT)
    assert asked.graphs is others.graphs
    assert asked.graph_ids(np.arange(3)).tolist() == [0, 0, 0]


def test_samples_do_not_depend_on_threads(model):
    """Every part is computed by one thread, so that two give what one gives."""
    one = model.sample(40, seed=1, context=CONTEXT)
    try:
        two = model.sample(40, seed=1, context=Context(Runtime(device="cpu", threads=2)))
    finally:
        torch.set_num_threads(1)
    assert (one.read(np.arange(40)).coordinates == two.read(np.arange(40)).coordinates).all()


def test_an_interrupted_sample_keeps_its_finished_portions(model, tmp_path, monkeypatch):
    monkeypatch.setitem(generating.AT_ONCE, "cpu", 2)
    monkeypatch.setattr(generating, "PARTS_PER_PORTION", 2)
    whole = model.sample(10, seed=1, context=CONTEXT).read(np.arange(10)).coordinates
    calls = 0

    def interrupt(_):
        nonlocal calls
        calls += 1
        if calls == 4:
            raise KeyboardInterrupt

    scratch = Context(CONTEXT.runtime, scratch_dir=tmp_path, report=interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.sample(10, seed=1, context=scratch)
    finished = {path.name: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(finished) == 1
    resumed = model.sample(10, seed=1, context=scratch).read(np.arange(10)).coordinates
    assert all((tmp_path / name).stat().st_mtime_ns == when for name, when in finished.items())
    np.testing.assert_array_equal(resumed, whole)


@pytest.mark.parametrize("wild", [1e6, float("nan")])
def test_samples_of_a_wild_network_stay_finite(model, data, wild):
    with torch.no_grad():
        broken = network(model.network.sizes)
        for weight in broken.parameters():
            weight.mul_(wild)
    samples = replace(model, network=broken).sample(3, seed=0, context=CONTEXT)
    coordinates = samples.read(np.arange(3)).coordinates
    assert np.isfinite(coordinates).all()
    assert np.abs(coordinates).max() < 20 * PAPER.levels[-1]


def test_a_fit_that_diverges_says_so(data):
    fitted = replace(SMALL, learning_rate=1e30, num_steps=20).fit(data, seed=0, context=CONTEXT)
    assert fitted.status == "diverged"
    assert np.isfinite(fitted.sample(2, seed=0, context=CONTEXT).read(np.arange(2)).coordinates).all()


def test_weights_say_how_much_a_conformation_counts(data):
    """Equal weights are those of any size; a molecule that counts for nothing leaves a fit as it was without it."""
    plain, tripled = (SMALL.fit(data.weighted(weight), seed=0, context=CONTEXT).record.losses for weight in (1.0, 3.0))
    np.testing.assert_allclose(plain, tripled, rtol=1e-3)
    first, rest = data.slice(0, 2), data.slice(2, 6)
    learnt = [
        replace(SMALL, num_steps=60)
        .fit(first.weighted(weight).concat([rest.weighted(1 - weight)]), seed=0, context=CONTEXT)
        .mean_loss(first, seed=1, context=CONTEXT)
        for weight in (0.01, 0.99)
    ]
    assert learnt[1] < learnt[0]


def test_refit_starts_from_the_fitted_weights(data):
    longer = replace(SMALL, num_steps=60)
    fitted = longer.fit(data, seed=0, context=CONTEXT)
    again = SMALL.refit(fitted, data, seed=1, context=CONTEXT)
    fresh = SMALL.fit(data, seed=1, context=CONTEXT)
    assert np.mean(again.record.losses[:3]) < np.mean(fresh.record.losses[:3])
    with pytest.raises(UserError, match=r"width=9.* cannot start from a .*width=8"):
        replace(SMALL, width=9).refit(fitted, data, seed=1, context=CONTEXT)


def test_the_defaults_are_those_of_geodiff():
    estimator = GeoDiff()
    assert estimator.schedule == PAPER
    assert (estimator.width, estimator.num_global, estimator.num_local) == (128, 6, 4)
    assert (estimator.cutoff, estimator.edge_order, estimator.sampling.num_steps) == (10, 3, 50)


def test_sampling_is_no_part_of_a_fit():
    faster = replace(SMALL, sampling=Sampling(num_steps=5))
    assert faster.fit_identity(10) == SMALL.fit_identity(10)
    assert faster.sample_identity() != SMALL.sample_identity()


def test_costs_know_the_molecules(data, tmp_path):
    (tmp_path / "train").mkdir()
    data.graphs.save(tmp_path / "train")
    known = SMALL.fit_cost(10, MoleculeDomain(tmp_path))
    assert known.flops < SMALL.fit_cost(10, None).flops  # they have fewer atoms than drugs
    assert SMALL.fit_cost(10, None).examples == 40


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"width": 0}, "width=0 is not positive"),
        ({"precision": "bfloat16"}, "too coarse for coordinates"),
        ({"last_beta": 1e-8}, "do not rise within 0 and 1"),
        ({"diffusion_steps": 1000}, "37% of the molecule's variance.*larger last_beta"),
        ({"sampling": Sampling(num_steps=6000)}, "6000 is more than diffusion_steps"),
    ],
)
def test_bad_settings_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        GeoDiff(**settings)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [({"num_steps": 0}, "pure noise"), ({"kind": "ode"}, "'ode' is unknown"), ({"clip": 0}, "would remove no noise")],
)
def test_bad_sampling_is_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        Sampling(**settings)

"""Rare items and selection against simulated tables, each mean within 4 of its standard errors."""

from itertools import pairwise

import numpy as np
import pytest
from simulations import within

from genloop.paper.simulate_discrete import rare_item, tables
from genloop.policies import Accumulate, Replace
from genloop.theory import selection, tails
from genloop.theory.curves import RESULTS


@pytest.mark.parametrize("count", [0.5, 3.0])
def test_a_rare_item_survives_as_long_as_its_count(count):
    """One item of probability count / 2000 in training sets of 2000; 20000 replicas."""
    alive = rare_item(100, count=count, num_examples=2000, num_replicas=20_000, seed=1)
    assert within(alive, tails.survival_replace(100, count=count).values)


def test_survival_falls_like_two_over_t():
    assert 1000 * tails.survival_replace(1000, count=1e-6).values[-1] * 1e6 == pytest.approx(2, rel=0.02)


@pytest.mark.parametrize("exponent", [1.2, 1.5, 2.0])
def test_missing_mass_of_zipf_items(exponent):
    """1000 examples of 3000 items, 100 replicas; 1 % because frequent items are not Poisson."""
    items = tails.zipf(3000, exponent)
    fitted = tables(Replace(), 20, probabilities=items, num_examples=1000, num_replicas=100, seed=2)
    simulated = (fitted == 0) @ items
    predicted = tails.missing_mass_replace(20, probabilities=items, num_examples=1000)
    standard_error = simulated.std(axis=1) / np.sqrt(100)
    assert np.all(np.abs(simulated.mean(axis=1) - predicted.values) < 4 * standard_error + 0.01 * predicted.values)


def test_accumulate_keeps_what_the_first_iteration_saw():
    """Share of 50 Zipf items alive at iterations 1 and 30, n = 20, 500 replicas."""
    items = tails.zipf(50, 1.0)
    fitted = tables(Accumulate(), 30, probabilities=items, num_examples=20, num_replicas=500, seed=3)
    expected = np.mean([tails.survival_accumulate(p, 20) for p in items])
    assert within((fitted > 0).mean(axis=-1), np.full(30, expected))


@pytest.mark.parametrize("exponent", [1.5, 2.0])
def test_zipf_laws_have_their_exponents(exponent):
    """Two decades of examples, and of kept items, over a million items: slopes to 2 % (finite table)."""
    items = tails.zipf(10**6, exponent)
    few, many = (tails.missing_mass_replace(1, probabilities=items, num_examples=n).values[0] for n in (30, 3000))
    assert np.log(few / many) / np.log(100) == pytest.approx(tails.zipf_learning_exponent(exponent), rel=0.05)
    floors = [tails.cut_tail_floor(items, kept) for kept in (30, 3000)]
    assert np.log(floors[0] / floors[1]) / np.log(100) == pytest.approx(exponent - 1, rel=0.05)


@pytest.mark.parametrize(("right", "wrong"), [(0.9, 0.3), (0.5, 0.5), (0.9, 0.1)])
def test_accuracy_flips_at_the_verifier_threshold(right, wrong):
    """A linear classifier of 20000 labels in 10 dimensions, label error 0.05 below and above the threshold."""
    random = np.random.default_rng(4)
    threshold = selection.verifier_threshold(right, wrong)
    direction = np.eye(10)[0]
    for label_error, works in ((threshold - 0.05, True), (threshold + 0.05, False)):
        truth = random.choice([-1, 1], size=20_000)
        points = truth[:, None] * direction + random.standard_normal((20_000, 10))
        is_wrong = random.random(20_000) < label_error
        kept = random.random(20_000) < np.where(is_wrong, wrong, right)
        labels = np.where(is_wrong, -truth, truth)[kept]
        classifier = np.linalg.lstsq(points[kept], labels)[0]
        assert (np.mean(np.sign(points @ classifier) == truth) > 0.5) == works


def test_curation_follows_the_exponential_tilt():
    """The best of many by softmax choice: 400 choices, 4000 picks per iteration, mean reward in 4 standard errors."""
    random = np.random.default_rng(5)
    items, rewards = tails.zipf(6, 1.0), np.array([0.0, 0.3, 1.0, 0.2, 0.7, 0.5])
    predicted = selection.curated_probabilities(6, probabilities=items, rewards=rewards)
    np.testing.assert_allclose(predicted[0], items)
    for before, after in pairwise(predicted):
        choices = rewards[random.choice(6, size=(4000, 400), p=before)]
        tilt = np.exp(choices)
        picked = (choices * tilt).sum(axis=1) / tilt.sum(axis=1)
        assert abs(picked.mean() - after @ rewards) < 4 * picked.std() / np.sqrt(4000) + 1 / 400


def test_curation_loses_the_variance_of_the_reward():
    rewards = np.array([0.0, 0.3, 1.0])
    last = selection.curated_probabilities(60, probabilities=np.full(3, 1 / 3), rewards=rewards)[-1]
    assert last @ rewards**2 - (last @ rewards) ** 2 < 1e-9


def test_conditions_say_what_the_papers_say():
    assert selection.stable_retraining(0.4, lipschitz=0.0, model_error=1.0, curvature=1.0)
    assert not selection.stable_retraining(0.4, lipschitz=1.0, model_error=1.0, curvature=1.0)
    assert selection.bias_bound(0.1, num_real=1, num_synthetic=3) == pytest.approx(0.4)


def test_every_result_names_its_reference():
    assert len(RESULTS) > 35
    for result in RESULTS.values():
        assert result.statement.endswith(".")
        assert result.basis.reference
        assert result.basis.assumptions.endswith(".")
        assert callable(result.function)

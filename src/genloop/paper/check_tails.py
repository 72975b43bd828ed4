"""Simulations of the results on rare items and selection; a function has the name of the result it checks."""

import numpy as np

from genloop.paper.simulate_discrete import curation, rare_item, tables, verifier_crossing
from genloop.policies import Accumulate, Replace
from genloop.study.measurement import Measurement, measurement
from genloop.theory import selection, tails


def survival_replace() -> Measurement:
    alive = rare_item(50, count=3.0, num_examples=2000, num_replicas=20_000, seed=1)[-1]
    return measurement("c = 3, n = 2000, t = 50", tails.survival_replace(50, count=3.0).values[-1], alive)


def missing_mass_replace() -> Measurement:
    """A flat table, where every item is rare; the frequent items of Zipf tables are forgotten a little less."""
    items = np.full(1000, 1e-3)
    fitted = tables(Replace(), 20, probabilities=items, num_examples=1000, num_replicas=200, seed=2)[-1]
    expected = tails.missing_mass_replace(20, probabilities=items, num_examples=1000).values[-1]
    return measurement("1000 equal items, n = 1000, t = 20", expected, (fitted == 0) @ items)


def survival_accumulate() -> Measurement:
    items = tails.zipf(50, 1.0)
    fitted = tables(Accumulate(), 30, probabilities=items, num_examples=20, num_replicas=2000, seed=3)[-1]
    expected = np.mean([tails.survival_accumulate(p, 20) for p in items])
    return measurement("50 Zipf items, n = 20, t = 30", expected, (fitted > 0).mean(axis=1))


def zipf_learning_exponent() -> Measurement:
    """Missing mass of 1000 and of 100 000 examples of 10^5 items."""
    random = np.random.default_rng(4)
    items = tails.zipf(100_000, 2.0)
    few, many = ((random.multinomial(n, items, size=40) == 0) @ items for n in (1000, 100_000))
    exponents = np.log(few / many) / np.log(100)
    return measurement("b = 2, n = 1000 to 100 000", tails.zipf_learning_exponent(2.0), exponents)


def cut_tail_floor() -> Measurement:
    """Share of 10 000 real draws that are not among the 30 items kept, 100 times."""
    random = np.random.default_rng(5)
    items = tails.zipf(1000, 1.5)
    lost = random.multinomial(10_000, items, size=100)[:, 30:].sum(axis=1) / 10_000
    return measurement("b = 1.5, k = 30", tails.cut_tail_floor(items, 30), lost)


def verifier_threshold() -> Measurement:
    expected = selection.verifier_threshold(0.9, 0.3)
    crossings = verifier_crossing(0.9, 0.3, label_errors=(0.6, 0.85), num_replicas=400, seed=6)
    return measurement("phi = 0.9, psi = 0.3, label errors 0.6 and 0.85", expected, crossings)


def curated_probabilities() -> Measurement:
    """The mean reward after five rounds of curation."""
    items, rewards = tails.zipf(6, 1.0), np.array([0.0, 0.3, 1.0, 0.2, 0.7, 0.5])
    expected = selection.curated_probabilities(6, probabilities=items, rewards=rewards)[-1] @ rewards
    found = curation(6, probabilities=items, rewards=rewards, num_replicas=20, seed=7)[-1] @ rewards
    return measurement("mean reward, 6 items, t = 6", expected, found)

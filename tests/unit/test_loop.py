"""The loop turns shares into exact numbers of examples, for every policy and any T."""

import math
from itertools import pairwise

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from toys import experiment

from genloop.errors import UserError
from genloop.loop import plan_iterations, unroll
from genloop.policies import (
    REAL,
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Replace,
    ReplaceMultiple,
    Window,
    schedule_from_rows,
)

POLICIES = [
    Replace(),
    Accumulate(),
    ReplaceMultiple(),
    AccumulateSubsample(),
    Augment(),
    Fresh(0.3),
    Mix(0.15),
    Window(2),
    schedule_from_rows([[1], [0.5, 0.7], [0.25, {"amount": 0.5, "weight": 0.6}, 0.3], [1, 1, 1, 1]]),
]
BEYOND_THE_END = schedule_from_rows([[1], {0: 0.2, 1: {"amount": 0.5, "start": 0.5}}, [1], [1]])  # where T = 7

fractions = st.floats(0.01, 0.99)
shares = st.fixed_dictionaries(
    {"amount": st.sampled_from([0.1, 0.25, 0.3, 0.5, 1.0]), "start": st.sampled_from([0.0, 0.25, 0.5, 1.0, 1.5])}
)
rows = st.tuples(*(st.dictionaries(st.integers(0, number), shares, min_size=1) for number in range(3)))
policies = (
    st.sampled_from(POLICIES)
    | fractions.map(Fresh)
    | fractions.map(Mix)
    | rows.map(lambda rows: schedule_from_rows([[1], *rows]))
)


@settings(deadline=None)
@given(unit=st.integers(10, 200) | st.integers(10, 10_000_019), policy=policies)
@example(unit=7, policy=BEYOND_THE_END)
@example(unit=10, policy=Mix(0.96875))
@example(unit=100, policy=Mix(0.001))
def test_training_sets_have_the_size_that_the_policy_says_within_what_sources_hold(unit, policy):
    """Shares of less than half an example, where no batch makes up for them, would be none, and are refused."""
    for mixture in map(policy.training_set, range(1, 5)):
        is_batched = any(share.start >= 1 for share in mixture.shares)
        if not is_batched and any(share.weight and share.amount * unit < 0.5 for share in mixture.shares):
            with pytest.raises(UserError, match="round"):
                list(unroll(experiment(num_iterations=4), policy, 0, unit))
            return
    rounds = list(unroll(experiment(num_iterations=4), policy, 0, unit))
    shares = [share for number in range(1, 5) for share in policy.training_set(number).shares]
    real = max(share.start + share.amount for share in shares if share.source == REAL)
    for item in rounds:
        size = item.model.train.num_examples
        assert size == round(policy.training_set(item.number).size * unit)
        assert item.samples.num >= round(policy.num_samples(item.number) * unit)
        for part in item.model.train.parts:
            supply = math.ceil(round(real * unit, 6)) if part.data.num is None else part.data.num
            assert 0 <= part.start < part.stop <= supply


@settings(deadline=None)
@given(unit=st.integers(1, 200) | st.integers(1, 10_000_019), real=fractions)
@example(unit=10, real=0.35)
@example(unit=103, real=0.5)
def test_fresh_batches_share_no_example(unit, real):
    rounds = list(unroll(experiment(num_iterations=12), Fresh(real), 0, unit))
    parts = [part for item in rounds for part in item.model.train.parts if part.data.num is None]
    assert all(part.stop <= following.start for part, following in pairwise(parts))


def test_each_model_descends_from_the_real_data():
    rounds = list(unroll(experiment(num_iterations=4), Replace(), 0, 20))
    by_key = {step.key: step for item in rounds for step in item.steps}
    assert [item.samples.key in rounds[n + 1].model.needs for n, item in enumerate(rounds[:-1])] == [True] * 3
    assert all(item.model.key in by_key[item.samples.key].needs for item in rounds)
    assert rounds[-1].train.real == rounds[0].train.real


def test_policies_see_the_same_seeds():
    rounds = plan_iterations(experiment(seeds=(0, 1)), num_real=60)
    seeds = {(item.seed, item.number): item.model.seed for item in rounds}
    assert len(set(seeds.values())) == 6
    assert all(item.model.seed == seeds[item.seed, item.number] for item in rounds)


def test_supply_is_checked_before_anything_runs():
    with pytest.raises(UserError, match=r"fresh\(real=0.5\): iteration 3 asks for 2 T of the real data"):
        plan_iterations(experiment(policies=(Fresh(0.5),)), num_real=30)


@pytest.mark.parametrize("row", [[0.001], {0: {"amount": 1, "weight": 0}, 1: 0.001}], ids=["nothing", "no weight"])
def test_a_training_set_that_rounds_to_nothing_is_refused(row):
    policy = schedule_from_rows([[1], row, [1]])
    with pytest.raises(UserError, match=r"with T = 20, the amounts of iteration 2 round to no example"):
        plan_iterations(experiment(policies=(policy,)), num_real=60)


def test_draw_of_everything_is_the_same_training_set():
    rounds = plan_iterations(experiment(policies=(Accumulate(), AccumulateSubsample())), num_real=60)
    assert rounds[0].model.key == rounds[1].model.key

"""The loop turns shares into exact numbers of examples, for every policy and any T."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from toys import experiment

from genloop.errors import UserError
from genloop.loop import plan_iterations, unroll
from genloop.policies import (
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
from genloop.steps import Sample

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


@given(unit=st.integers(7, 10_000_019), policy=st.sampled_from(POLICIES))
def test_training_sets_have_the_size_that_the_policy_says(unit, policy):
    for item in unroll(experiment(num_iterations=4), policy, 0, unit):
        size = item.model.train.num_examples
        assert size == round(policy.training_set(item.number).size * unit)
        assert item.samples.num >= round(policy.num_samples(item.number) * unit)
        for part in item.model.train.parts:
            if isinstance(part.data, Sample):
                assert part.stop <= part.data.num


def test_each_model_descends_from_the_real_data():
    rounds = list(unroll(experiment(num_iterations=4), Replace(), 0, 20))
    assert [record["iteration"] for record in rounds[-1].samples.lineage()] == [4, 3, 2, 1]
    assert rounds[-1].model.real == rounds[0].model.real


def test_lineage_of_a_long_accumulation_lists_each_model_once():
    rounds = list(unroll(experiment(num_iterations=30), Accumulate(), 0, 20))
    assert len(rounds[-1].samples.lineage()) == 30


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

"""The set algebra of every policy, against the definitions in the paper and in docs/glossary.md."""

import math
from itertools import pairwise

import pytest

from genloop.errors import UserError
from genloop.policies import (
    REAL,
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Mixture,
    Replace,
    ReplaceMultiple,
    Share,
    Window,
    schedule_from_rows,
)
from genloop.supply import check_supply

FIRST = Mixture([Share(REAL)])


@pytest.mark.parametrize(
    ("policy", "third"),
    [
        (Replace(), Mixture([Share(2)])),
        (Accumulate(), Mixture([Share(0), Share(1), Share(2)])),
        (ReplaceMultiple(), Mixture([Share(2, amount=3.0)])),
        (AccumulateSubsample(), Mixture([Share(0), Share(1), Share(2)], draw=1.0)),
        (Augment(), Mixture([Share(0), Share(2)])),
        (Fresh(0.5), Mixture([Share(0, 0.5, start=1.5), Share(2, 0.5)])),
        (Mix(0.25), Mixture([Share(0, 0.25), Share(2, 0.75)])),
        (Window(2), Mixture([Share(1), Share(2)])),
    ],
)
def test_third_training_set_is_the_definition(policy, third):
    assert policy.training_set(3) == third
    check_supply("policy", policy, 3, num_real=2.0)


@pytest.mark.parametrize(
    "policy", [Replace(), Accumulate(), ReplaceMultiple(), Augment(), Fresh(0.5), Mix(0.1), Window(3)]
)
def test_every_policy_starts_on_the_real_data_alone(policy):
    assert policy.training_set(1) == FIRST


def test_fresh_batches_never_repeat_and_run_out():
    shares = [share for n in range(1, 5) for share in Fresh(0.5).training_set(n).shares if share.source == REAL]
    assert all(a.start + a.amount <= b.start for a, b in pairwise(shares))
    with pytest.raises(UserError, match=r"iteration 4 asks for 2.5 T of the real data, which holds 2 T"):
        check_supply("fresh(real=0.5)", Fresh(0.5), 4, num_real=2.0)
    with pytest.raises(
        UserError, match=r"1 T of the real data, which holds 0\.034 T \(3,400 examples, where T is 100,000\)"
    ):
        check_supply("replace", Replace(), 1, num_real=0.034, unit=100_000)


@pytest.mark.parametrize("share", [{"amount": math.inf}, {"weight": math.nan}, {"start": math.inf}, {"amount": 0}])
def test_amounts_weights_and_starts_are_finite(share):
    with pytest.raises(UserError, match=r"is no share: the amount must be positive, .* and all finite"):
        Share(1, **share)


def test_schedule_asks_models_for_the_most_a_later_row_needs():
    schedule = schedule_from_rows([[1], [0, 2], [0.5, 0, {"amount": 3, "weight": 0.6}]])
    assert schedule.num_samples(1) == 2
    assert schedule.training_set(3) == Mixture([Share(0, 0.5), Share(2, 3.0, weight=0.6)])
    with pytest.raises(UserError, match="3 rows"):
        schedule.training_set(4)


def test_source_from_the_future_is_refused():
    with pytest.raises(UserError, match="source 2, which model 2 has not generated yet"):
        check_supply("schedule", schedule_from_rows([[1], [0, 0, 1]]), 2, num_real=1.0)

"""What the loop, the theory and the families rely on in every policy."""

import math

import pytest

from genloop.identity import canonical_json, describe
from genloop.policies import REAL, Share, check_supply, schedule_from_rows
from genloop.policy_text import POLICIES, parse_policy, policy_name

ARGUMENTS = {
    "fresh": "(real=0.3)",
    "mix": "(real=0.2)",
    "window": "(2)",
    "schedule": "([1], [1, 0.5], [0, 0, 1], [1, 1])",
}
LENGTH = 4


@pytest.fixture(params=POLICIES)
def policy(request: pytest.FixtureRequest):
    return parse_policy(request.param + ARGUMENTS.get(request.param, ""))


def test_iteration_1_is_fitted_on_real_data_only(policy):
    first = policy.training_set(1)
    assert first.shares == (Share(REAL),)
    assert first.size == 1


def test_nothing_is_asked_for_that_does_not_exist(policy):
    check_supply(policy_name(policy), policy, LENGTH, num_real=math.inf)


def test_training_sets_are_finite_and_models_generate_something(policy):
    for iteration in range(1, LENGTH + 1):
        assert 0 < policy.training_set(iteration).size < math.inf
        assert 0 < policy.num_samples(iteration) < math.inf


def test_name_is_read_back_and_keys_are_plain(policy):
    assert parse_policy(policy_name(policy)) == policy
    assert canonical_json(describe(policy))
    assert policy.version >= 1


def test_same_shares_are_the_same_policy_as_a_schedule(policy):
    rows = [
        {
            share.source: {"amount": share.amount, "weight": share.weight, "start": share.start}
            for share in mixture.shares
        }
        for mixture in map(policy.training_set, range(1, LENGTH + 1))
    ]
    schedule = schedule_from_rows(rows)
    for iteration in range(1, LENGTH + 1):
        assert schedule.training_set(iteration).shares == policy.training_set(iteration).shares

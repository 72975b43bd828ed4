"""What the loop, the theory and the families rely on in every policy: the checks of `genloop.testing`."""

import own_policy
import pytest

from genloop.catalog import POLICIES
from genloop.identity import canonical_json, describe
from genloop.policy_text import parse_policy
from genloop.testing import check_policy

ARGUMENTS = {
    "fresh": "(real=0.3)",
    "mix": "(real=0.2)",
    "window": "(2)",
    "schedule": "([1], [1, 0.5], [0, 0, 1], [1, 1])",
}


@pytest.mark.parametrize("name", POLICIES)
def test_policy(name):
    policy = parse_policy(name + ARGUMENTS.get(name, ""))
    check_policy(policy)
    assert canonical_json(describe(policy))
    assert policy.version >= 1


def test_own_policy():
    check_policy(own_policy.POLICY)

"""Growth laws read off curves against the laws that are proved for them."""

import numpy as np
import pytest

from genloop.errors import UserError
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Replace,
    ReplaceMultiple,
    Window,
)
from genloop.theory import regression
from genloop.theory.growth import growth_law
from genloop.theory.propagate import error_curve


@pytest.mark.parametrize(
    ("policy", "limit"),
    [
        (Accumulate(), np.pi**2 / 6),
        (AccumulateSubsample(), np.pi**2 / 2 - 2),
        (Augment(), 4 / 3),
        (Fresh(0.02), 1 / (0.02 * 1.98)),
        (Mix(0.1), 2.8 / 0.19),
    ],
    ids=str,
)
def test_bounded_policies_reach_their_limit(policy, limit):
    growth = growth_law(error_curve(policy, 100))
    assert growth.law == "bounded"
    assert growth.limit == pytest.approx(limit, rel=1e-6)


@pytest.mark.parametrize(
    ("policy", "law"), [(Replace(), "linear"), (Window(3), "linear"), (ReplaceMultiple(), "logarithmic")], ids=str
)
def test_unbounded_policies_have_no_limit(policy, law):
    growth = growth_law(error_curve(policy, 100))
    assert (growth.law, growth.limit) == (law, None)


def test_growing_training_sets_slow_replace_to_a_power():
    growth = growth_law(regression.replace_schedule(np.sqrt(np.arange(1, 201)).tolist()))
    assert growth.law == "power"
    assert growth.exponent == pytest.approx(0.5, abs=0.01)


def test_a_curve_between_two_laws_says_so():
    assert growth_law(error_curve(Window(8), 20)).law == "unsettled"


def test_a_falling_curve_has_its_limit():
    """Real batches of the golden weight do better than iteration 1 alone."""
    growth = growth_law(regression.fresh_real(40, weight=0.618))
    assert growth.law == "bounded"
    assert growth.limit == pytest.approx(0.618, abs=1e-3)


def test_a_short_curve_is_refused():
    with pytest.raises(UserError, match="5 iterations do not show a growth law"):
        growth_law(error_curve(Replace(), 5))

"""Keys and seeds follow from inputs, and stay what they are: changing them would orphan every stored result."""

import math

import pytest
from toys import experiment

from genloop.data.known import Normal
from genloop.data.regression.source import Regression
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.vae.estimator import VAE
from genloop.identity import canonical_json, derive_seed, describe, step_key
from genloop.loop import plan_iterations
from genloop.metrics.statistical import Moments
from genloop.policies import Accumulate, Augment, Fresh, Replace, Share, Window
from genloop.policy_text import policy_name
from genloop.steps import Fit, Part, TrainingSet


def test_keys_of_a_fixed_run_are_pinned():
    """A change here is a breaking change and needs a line in the changelog."""
    pinned = Experiment("pinned", Normal(), Gaussian(), (Replace(), Accumulate()), (Moments(),), 3, num_samples=20)
    replace = [item for item in plan_iterations(pinned, num_real=60) if item.policy == Replace()]
    assert [item.model.key for item in replace] == [
        "fit-eae433bd1c7e1018a448",
        "fit-f87d086d84277959832f",
        "fit-e5ca063e489b6d20a3ca",
    ]
    assert replace[0].samples.key == "sample-c7dffb0c08735575b54b"
    assert replace[0].scores[0].key == "score-c5b904479e2b5d379b19"


def test_seeds_are_pinned():
    assert derive_seed(0, "fit", 1) == 990756477427468197
    assert derive_seed(0, "fit", 1) != derive_seed(0, "fit", 2) != derive_seed(1, "fit", 2)


def test_description_holds_type_version_and_fields():
    assert describe(Window(3)) == {"type": "Window", "version": 1, "size": 3}
    assert describe(Share(0, 1)) == describe(Share(0, 1.0))


def test_a_parameter_added_later_leaves_keys_as_they_were_at_its_default():
    """The descriptions of the policies before they had it, and one with it."""
    assert describe(Accumulate()) == {"type": "Accumulate", "version": 1}
    assert describe(Augment()) == {"type": "Augment", "version": 1}
    assert describe(Fresh(0.5)) == {"type": "Fresh", "version": 1, "real": 0.5}
    assert describe(Fresh(0.5, weight=0.6)) == {"type": "Fresh", "version": 1, "real": 0.5, "weight": 0.6}
    assert describe(Augment(2.0)) == {"type": "Augment", "version": 1, "synthetic": 2}
    assert [policy_name(each) for each in (Accumulate(), Augment(), Fresh(0.5))] == [
        "accumulate", "augment", "fresh(real=0.5)"
    ]  # fmt: skip


def test_canonical_json_does_not_depend_on_order():
    assert canonical_json({"b": 1, "a": [1, 2]}) == canonical_json({"a": [1, 2], "b": 1}) == '{"a":[1,2],"b":1}'


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_refused_by_name(number):
    with pytest.raises(UserError, match=r"Regression\.decay is -?(nan|inf)\. Give a finite number"):
        step_key("prepare", {"source": Regression(decay=number).identity()})
    with pytest.raises(UserError, match="weights is"):
        describe({"parts": [{"weights": (1.0, number)}]})


def test_what_has_no_canonical_text_is_refused():
    with pytest.raises(UserError, match="cannot be part of a key"):
        describe({"set": {1, 2}})
    with pytest.raises(ValueError, match="JSON"):
        canonical_json(float("nan"))


def test_key_changes_with_every_input():
    base = {"estimator": {"width": 1}, "seed": 0}
    keys = {
        step_key("fit", base),
        step_key("sample", base),
        step_key("fit", {**base, "seed": 1}),
        step_key("fit", {**base, "estimator": {"width": 2}}),
    }
    assert len(keys) == 4


def test_policies_share_iteration_1_and_nothing_else():
    rounds = plan_iterations(experiment(), num_real=60)
    replace, accumulate = ([item for item in rounds if item.policy == p] for p in (Replace(), Accumulate()))
    shared = [a.model.key == b.model.key for a, b in zip(replace, accumulate, strict=True)]
    assert shared == [True, False, False]
    assert replace[0].samples.key == accumulate[0].samples.key
    assert [s.key for s in replace[0].scores] == [s.key for s in accumulate[0].scores]


def test_version_of_the_weighting_is_in_the_keys_of_unequal_weights_only(monkeypatch):
    real = plan_iterations(experiment(), num_real=60)[0].train.real

    def keys() -> list[str]:
        sets = [TrainingSet((Part(real, 0, 5), Part(real, 5, 9, weight))) for weight in (1.0, 2.0)]
        return [Fit(estimator, train, 1, seed=0).key for estimator in (VAE(), LinearRegression()) for train in sets]

    before = keys()
    monkeypatch.setattr(VAE, "weighting", VAE.weighting + 1)
    assert [old == new for old, new in zip(before, keys(), strict=True)] == [True, False, True, True]


def test_sampling_parameters_leave_the_first_fit_alone():
    from toys import Normal

    plain = plan_iterations(experiment(), num_real=60)[0]
    shifted = plan_iterations(experiment(estimator=Normal(shift=0.5)), num_real=60)[0]
    assert plain.model.key == shifted.model.key
    assert plain.samples.key != shifted.samples.key

"""What metrics declare of their values, against the order in which values stood for their aspect before they did."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any, cast

import pytest
from scoring import every_metric
from toys import NormalLoss, experiment

from genloop.data.images.digits import Digits
from genloop.data.known import Zipf
from genloop.errors import UserError
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.linear import LinearRegression
from genloop.families.lm.gpt2 import GPT2
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.vae.estimator import VAE
from genloop.identity import describe
from genloop.metrics.statistical import Tails
from genloop.metrics.vocabulary import TailMass
from genloop.policies import Accumulate, Replace
from genloop.values import (
    COPYING,
    DIVERSITY,
    LOSS,
    SUPPORT,
    TAILS,
    Measured,
    Quantiles,
    Value,
    from_facts,
    telling_of,
    to_facts,
)

# Of every aspect the values of one kind of data, the one that stands for it first; "-" where higher is better.
ORDERS: Mapping[str, Sequence[str]] = {
    LOSS: (
        "test_loss kl_divergence reverse_kl total_variation mean_error wasserstein covariance_error",
        "test_loss parameter_error",
        "test_loss bits_per_byte -mauve",
        "test_loss bits_per_dimension reconstruction_loss pixel_error frechet_pixels fid",
        "test_loss bond_wasserstein broken matching_precision -coverage_precision",
        "pixel_error frechet_encoder fid",
        "angle_wasserstein bad_bonds matching_precision",
        "bond_wasserstein clashes",
    ),
    DIVERSITY: (
        "-distinct_2 -distinct_1 -unigram_entropy self_bleu",
        "-distinct_2 -distinct_3 -unigram_entropy",
        "-vendi_encoder -vendi_pixels -effective_modes",
        "-coverage_recall matching_recall",
        "-entropy",
    ),
    TAILS: ("-survival_tail -survival_middle tail_mass", "-survival_tail -survival_head tail_mass"),
    SUPPORT: (
        "-variance_ratio -surviving_support",
        "-variance_ratio -determinant_ratio -deviation_ratio",
        "-pixel_variance -recall_encoder -coverage_encoder",
        "-pixel_variance -recall_pixels -coverage_pixels",
    ),
    COPYING: ("copied_8grams",),
}
NEITHER = {
    *(f"test_loss_at_{part}" for part in ["0.125", "0.25", "0.375", "0.5", "0.625", "0.75", "0.875", "1"]),
    *(f"{name}_{space}" for name in ("precision", "density") for space in ("pixels", "encoder")),
    *(f"{name}_{side}_{ending}" for ending in ("real", "half") for name in ("coverage", "matching")
      for side in ("recall", "precision")),
    "sample_loss", "kl", "mean_length", "share_Smiling", "judge_Smiling", "wasserstein_floor",
    "entropy_floor",
}  # fmt: skip


PARTS = (Replace, Accumulate, GPT2, VAE, GeoDiff, Gaussian, LinearRegression, Zipf, Digits)


def all_values() -> list[Value]:
    return [value for metric in every_metric() for value in metric.values]


@pytest.mark.parametrize(("aspect", "order"), [(aspect, order) for aspect in ORDERS for order in ORDERS[aspect]])
def test_values_stand_for_their_aspect_in_this_order(aspect, order):
    """Whatever the order of the metrics: each has a lower rank than the next."""
    chosen = [(name.strip("-"), -1 if name[0] == "-" else 1) for name in order.split()]
    values = [next(v for v in all_values() if v.name == name and v.aspect == aspect) for name, _ in chosen]
    assert [(value.name, value.sign) for value in telling_of(aspect, reversed(values))] == chosen
    assert len({value.rank for value in values}) == len(values)


def test_every_value_tells_of_one_aspect_or_of_none_on_purpose():
    listed = {name.strip("-") for orders in ORDERS.values() for order in orders for name in order.split()}
    assert {value.name for value in all_values() if value.aspect} == listed | {"missing_mass"}
    assert {value.name for value in all_values() if not value.aspect} == NEITHER
    assert all(metric.about for metric in every_metric())


def test_tails_of_text_and_of_numbers_have_one_name_and_opposite_signs():
    """Of text it is the mass that samples lack, of numbers the mass that they have."""
    of_text, of_numbers = (telling_of(TAILS, metric.values) for metric in (TailMass(), Tails()))
    assert [(value.name, value.sign) for value in of_text] == [("tail_mass", 1)]
    assert [(value.name, value.sign) for value in of_numbers] == [("tail_mass", -1)]


def test_of_equal_ranks_the_first_measured_stands_for_the_aspect():
    values = [Value(name, "", "lower", DIVERSITY, rank) for name, rank in (("b", 2), ("a", 2), ("c", 1))]
    assert [value.name for value in telling_of(DIVERSITY, values)] == ["c", "b", "a"]
    assert telling_of(LOSS, values) == []


@pytest.mark.parametrize("part", [*every_metric(), *(kind() for kind in PARTS)], ids=lambda part: type(part).__name__)
def test_declarations_are_no_part_of_keys(part):
    """A part declared otherwise computes the same: nothing is computed again."""
    assert not {"values", "citations", "theories", "about"} & describe(part).keys()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"worse": "less"}, "Use higher, lower or neither"),
        ({"aspect": "divers", "worse": "lower"}, "Did you mean 'diversity'"),
        ({"aspect": "diversity"}, "one way is worse"),
        ({"citations": "he2016deep"}, "Give a tuple"),
    ],
)
def test_a_declaration_that_means_nothing_is_refused(settings, message):
    with pytest.raises(UserError, match=message):
        Value("mine", "number", **settings)


def test_what_is_measured_comes_back_from_json():
    values = (Value("a", "m", "higher", LOSS, 3, (0.0, None), "theory", ("key2000",)), Value("b", "s"), Value("c", ""))
    facts = to_facts(values, {"b": 2, "a": Measured(1.5, 0.5), "c": Measured(math.nan, math.inf)})
    readings = from_facts(json.loads(json.dumps(facts)))
    assert [reading.of for reading in readings] == list(values)
    assert [(reading.value, reading.standard_error) for reading in readings] == [(1.5, 0.5), (2.0, None), (None, None)]


def test_quantiles_come_back_from_json_and_are_recorded_only_where_there_are_some():
    levels = Quantiles(0.5, 1.0, 2.0, 3.0, math.inf)
    facts = to_facts((Value("a", ""), Value("b", "")), {"a": Measured(math.inf, None, levels), "b": 1.0})
    a, b = from_facts(json.loads(json.dumps(facts)))
    assert (a.value, a.quantiles, b.quantiles) == (None, Quantiles(0.5, 1.0, 2.0, 3.0, None), None)
    assert "quantiles" not in to_facts((Value("b", ""),), {"b": Measured(1.0, 0.1)})


def test_more_or_less_than_was_declared_is_refused():
    with pytest.raises(UserError, match="declares the values a, b and measured b"):
        to_facts((Value("a", ""), Value("b", "")), {"b": 1.0})
    with pytest.raises(UserError, match="measured a, c"):
        to_facts((Value("a", ""),), {"a": 1.0, "c": 1.0})


def test_a_metric_that_declares_nothing_is_refused_before_anything_runs():
    class Silent(NormalLoss):
        values = cast(Any, {"test_loss": "nats"})

    with pytest.raises(UserError, match="Silent does not say what it measures"):
        experiment(metrics=(Silent(),))

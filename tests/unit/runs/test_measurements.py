"""Results of before metrics declared their values read as if they had: units by name, errors under a suffix."""

from typing import Any

import pytest
from scoring import every_metric

from genloop.identity import describe
from genloop.runs.measurements import readings
from genloop.store import Manifest


def recorded(metric: Any, units: dict[str, str], values: dict[str, float | None]) -> Manifest:
    """Return a manifest as it was written then."""
    facts = {"values": values, "units": units, "about": "x | y"}
    return Manifest("score-0", {"metric": describe(metric)}, facts, {}, 0.0)


@pytest.mark.parametrize("metric", every_metric(), ids=lambda metric: type(metric).__name__)
def test_shipped_metrics_are_read_with_what_they_declare_now(metric):
    names = [value.name for value in metric.values]
    units = {value.name: value.unit for value in metric.values}
    values = {name: float(number) for number, name in enumerate(names)}
    found = readings(recorded(metric, units, values))
    assert [each.of for each in found] == list(metric.values)
    assert [each.value for each in found] == list(values.values())
    assert {each.standard_error for each in found} == {None}


def test_an_error_under_a_suffix_belongs_to_its_value():
    metric = next(each for each in every_metric() if type(each).__name__ == "Support")
    names = ("missing_mass", "missing_mass_standard_error", "surviving_support", "surviving_support_standard_error")
    found = readings(
        recorded(metric, dict.fromkeys(names, "share"), dict(zip(names, (0.2, 0.01, 0.9, None), strict=True)))
    )
    assert [(each.of.name, each.value, each.standard_error) for each in found] == [
        ("missing_mass", 0.2, 0.01),
        ("surviving_support", 0.9, None),
    ]


@pytest.mark.parametrize(
    ("name", "unit", "expected"),
    [
        ("test_loss", "nats/income", ("loss", "higher")),
        ("distinct_2", "share of n-grams", ("diversity", "lower")),
        ("tail_mass", "share of samples", ("tails", "lower")),
        ("tail_mass", "share of test words", ("tails", "higher")),
        ("tail_mass", "share of something", (None, "neither")),  # it meant two things
        ("richest_tenth", "share of all income", (None, "neither")),
    ],
)
def test_a_metric_of_the_users_own_is_read_by_its_names(name, unit, expected):
    """As it was then: an own metric told of an aspect if it had the name of one that did."""
    manifest = recorded({"type": "own Mine", "version": 1}, {name: unit}, {name: 1.5})
    (found,) = readings(manifest)
    assert (found.of.name, found.of.unit, found.value) == (name, unit, 1.5)
    assert (found.of.aspect, found.of.worse) == expected

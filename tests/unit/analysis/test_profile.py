"""Verdicts on made-up values: what only scatters is rarely called a collapse, what grows is."""

from collections import defaultdict
from collections.abc import Sequence
from statistics import fmean

import numpy as np
import pytest
import toys
from report_fixtures import losses_run, two_floors_run

from genloop.analysis.profile import Finding, finding_of, profile
from genloop.analysis.series import series
from genloop.runs.record import Row, Run
from genloop.runs.runner import run
from genloop.values import ASPECTS, COPYING, DIVERSITY, LOSS, SUPPORT, TAILS, Aspect, Value

NUM = 300


def verdict(
    *curves: Sequence[float | None],
    aspect: Aspect = LOSS,
    worse: int = 1,
    floor: float | None = None,
    errors: Sequence[float] = (),
) -> str:
    """Return the verdict on one curve for each seed."""
    recorded = dict(enumerate(errors, start=1))
    rows = [
        Row("replace", seed, n, "x", "", value, recorded.get(n) if seed == 0 else None)
        for seed, curve in enumerate(curves)
        for n, value in enumerate(curve, start=1)
    ]
    (found,) = series(rows, "x")
    return finding_of(found, Value("x", "", "higher" if worse > 0 else "lower", aspect), floor).verdict


@pytest.mark.parametrize(("num_seeds", "num_iterations"), [(1, 4), (1, 5), (2, 5), (1, 10), (3, 5), (5, 10)])
def test_noise_is_rarely_called_a_collapse(num_seeds, num_iterations):
    """At most one series in twenty, within 4 standard errors of a share of 0.05."""
    random = np.random.default_rng(0)
    values = 3 + 0.1 * random.normal(size=(NUM, num_seeds, num_iterations))
    verdicts = [verdict(*curves.tolist()) for curves in values]
    assert verdicts.count("collapsing") / NUM <= 0.05 + 4 * (0.05 * 0.95 / NUM) ** 0.5


@pytest.mark.parametrize(("num_seeds", "num_iterations"), [(1, 5), (2, 5), (1, 10), (3, 5), (5, 10)])
def test_growth_beyond_the_noise_is_a_collapse_nearly_always(num_seeds, num_iterations):
    random = np.random.default_rng(0)
    growth = 0.5 * np.arange(num_iterations)
    values = 3 + growth + 0.05 * random.normal(size=(NUM, num_seeds, num_iterations))
    verdicts = [verdict(*curves.tolist()) for curves in values]
    assert verdicts.count("collapsing") / NUM > 0.95


@pytest.mark.parametrize(
    ("curve", "worse", "expected"),
    [
        ([5.0, 5.1, 5.2, 5.3, 5.4], 1, "collapsing"),
        ([5.0, 5.1, 5.2, 5.3, 5.4], -1, "stable"),  # the same, where more is better
        ([0.30, 0.24, 0.18, 0.12, 0.06], -1, "collapsing"),
        ([0.886, 0.09, 0.004, 0.002, 0.0], -1, "collapsing"),  # nothing is left to lose, so the trend is flat
        ([4.776, 4.600, 4.609, 4.621, 4.629], 1, "stable"),
        ([1.0, 1.3, 1.4, 1.41, 1.42, 1.42, 1.42, 1.42, 1.42, 1.42], 1, "stable"),  # has levelled off
        ([5.0, 5.2], 1, "undecided"),
        ([5.0], 1, "undecided"),
        ([5.0, 5.1, None], 1, "undecided"),
        ([-176.2, -127.1, -76.7, -51.0, -12.8], 1, "collapsing"),
    ],
)
def test_verdicts_of_one_seed(curve, worse, expected):
    assert verdict(curve, worse=worse) == expected


def test_two_seeds_must_agree():
    rising = [5.0, 5.4, 5.8, 6.2, 6.6]
    assert verdict(rising, [4.0, 4.4, 4.8, 5.2, 5.6]) == "collapsing"
    assert verdict(rising, [6.0, 5.9, 5.9, 5.9, 5.9]) != "collapsing"


def test_recorded_errors_widen_what_scatter_says():
    rising = [5.0, 5.1, 5.2, 5.3, 5.4]
    assert verdict(rising, errors=[0.01] * 5) == "collapsing"
    assert verdict(rising, errors=[0.5] * 5) != "collapsing"


def test_copying_is_measured_by_what_real_data_copy():
    rising = [0.010, 0.014, 0.018, 0.022, 0.026]
    assert verdict(rising, aspect=COPYING, floor=0.03) == "stable"
    assert verdict(rising, aspect=COPYING, floor=0.02) == "collapsing"
    assert verdict(rising, aspect=LOSS, floor=0.03) == "collapsing"  # of fewer real examples, a floor may be high


def test_a_profile_has_every_aspect_of_every_policy(tmp_path):
    found = profile(run(toys.experiment(), tmp_path))
    assert [(item.policy, item.aspect) for item in found] == [
        (policy, aspect) for policy in ("replace", "accumulate") for aspect in ASPECTS
    ]
    by_aspect = {item.aspect: item for item in found if item.policy == "replace"}
    assert (by_aspect[LOSS].metric, by_aspect[LOSS].unit) == ("test_loss", "nats/number")
    assert by_aspect[LOSS].first is not None
    empty = Finding("replace", DIVERSITY, "", "", None, None, None, None, None, "not measured")
    assert [by_aspect[aspect].verdict for aspect in (TAILS, SUPPORT, COPYING)] == ["not measured"] * 3
    assert by_aspect[DIVERSITY] == empty


def test_a_policy_has_the_noise_floor_that_its_record_names(tmp_path):
    """In a run of before all policies had one, the same as many real types as samples of its first model."""
    found = two_floors_run(tmp_path)
    measured = defaultdict(list)
    for row in found.noise_floor():
        measured[row.policy, row.metric].append(row.value)
    floors = {(item.policy, item.metric): item.floor for item in profile(found) if item.floor is not None}
    assert floors == {place: pytest.approx(fmean(measured[place])) for place in floors}
    assert floors["replace", "missing_mass"] > floors["replace-multiple", "missing_mass"]


def test_a_noise_floor_that_is_not_finite_in_one_seed_is_none(tmp_path, monkeypatch):
    found = losses_run(tmp_path, {0: {1: 2.0, 2: 2.1}, 1: {1: 3.0, 2: 3.1}})
    for second, floor in ((2.0, 1.5), (None, None)):
        rows = [Row("replace", seed, 1, "test_loss", "nats", value) for seed, value in enumerate((1.0, second))]
        monkeypatch.setattr(Run, "noise_floor", lambda _, rows=rows: iter(rows))
        assert [item.floor for item in profile(found) if item.aspect == LOSS] == [floor]

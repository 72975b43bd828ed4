"""Limits against made-up values: each side of a bound, and what a bound means for values of any sign and direction."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from genloop.analysis.checks import Check, Limits, check
from genloop.errors import UserError
from genloop.report.checks import checks_json
from genloop.runs.record import Row, Run
from genloop.values import DIVERSITY, LOSS, Value

DECLARED = (
    Value("test_loss", "nats/image", worse="higher", aspect=LOSS),
    Value("self_bleu", "BLEU points", worse="higher", aspect=DIVERSITY),
    Value("vendi_pixels", "effective number of images", worse="lower", aspect=DIVERSITY),
)


def made_up(curves: Mapping[str, Sequence[float | None]]) -> Run:
    """Return what stands for a finished run of one seed under replace."""
    units = {value.name: value.unit for value in DECLARED}
    rows = [
        Row("replace", 0, n, metric, units.get(metric, ""), value)
        for metric, curve in curves.items()
        for n, value in enumerate(curve, start=1)
    ]
    run: Any = SimpleNamespace(
        rows=lambda: iter(rows), missing=lambda: [], directory=Path("made-up"), final_estimator=None,
        num_compared=max(row.iteration for row in rows),
        declared=lambda: [value for value in DECLARED if value.name in curves],
    )  # fmt: skip
    return cast(Run, run)


def failing(found: Sequence[Check]) -> list[tuple[str, int]]:
    return [(each.metric, each.iteration) for each in found if not each.passes]


def test_an_increase_is_a_share_of_the_first_value():
    run = made_up({"test_loss": [2.0, 2.1, 2.11, 1.5]})
    assert failing(check(run, Limits(max_increase=0.05))) == [("test_loss", 3)]
    assert failing(check(run, Limits(max_increase=0.06))) == []


def test_a_rise_is_in_the_metrics_unit_and_may_be_of_negative_values():
    run = made_up({"test_loss": [-176.0, -127.0, -120.0]})
    assert failing(check(run, Limits(max_rise=50))) == [("test_loss", 3)]
    with pytest.raises(UserError, match=r"176 nats/image at iteration 1.* Use --max-rise, in that unit"):
        check(run, Limits(max_increase=0.05))
    with pytest.raises(UserError, match="means nothing: it is 0"):
        check(made_up({"test_loss": [0.0, 1.0]}), Limits(max_increase=0.05))


def test_values_that_are_not_finite_never_pass():
    run = made_up({"test_loss": [2.0, None, 2.0]})
    assert failing(check(run, Limits(max_increase=9.0, max_rise=9.0))) == [("test_loss", 2)] * 2
    assert failing(check(made_up({"test_loss": [None, 2.0]}), Limits(max_increase=9.0))) == [("test_loss", 2)]


def test_diversity_keeps_its_share_whichever_direction_is_worse():
    run = made_up({"test_loss": [2.0, 9.0, 9.0], "vendi_pixels": [10.0, 9.1, 8.9], "self_bleu": [18.0, 19.9, 20.1]})
    assert failing(check(run, Limits(min_diversity=0.9))) == [("self_bleu", 3), ("vendi_pixels", 3)]


def test_a_metric_that_may_rise_has_no_greatest_increase():
    with pytest.raises(UserError, match="vendi_pixels is the better the higher"):
        check(made_up({"vendi_pixels": [10.0, 12.0]}), Limits(max_increase=0.1), "vendi_pixels")
    assert failing(check(made_up({"own_metric": [1.0, 3.0]}), Limits(max_increase=1.0), "own_metric")) == [
        ("own_metric", 2)
    ]


def test_json_says_whether_all_pass():
    run = made_up({"test_loss": [2.0, 2.1, 2.2]})
    found = checks_json(check(run, Limits(max_rise=0.15)))
    assert (found["passes"], [row["passes"] for row in found["rows"]]) == (False, [True, False])
    assert found["rows"][0]["bound"] == pytest.approx(2.15)


def test_no_limit_checks_nothing():
    with pytest.raises(UserError, match="nothing to check"):
        Limits()

"""Changes and trends of made-up values against arithmetic, and against values that only scatter."""

import math
import shutil
from collections.abc import Sequence

import numpy as np
import pytest
import toys

from genloop.analysis.change import Change
from genloop.analysis.outcome import Trend, outcome_of, outcomes
from genloop.analysis.profile import finding_of
from genloop.analysis.series import Series, series
from genloop.report.answer import answer
from genloop.report.html.profile import cell_of
from genloop.runs.record import Row, Run
from genloop.runs.runner import run
from genloop.theory.student import student_log_density, student_quantile
from genloop.values import LOSS, Value

Curve = Sequence[float | None]


def measured(
    *curves: Curve, policy: str = "replace", errors: Curve = (), unit: str = "nats/token", metric: str = "test_loss"
) -> Series:
    """Return one curve for each seed, with the standard errors of the first."""
    recorded = dict(enumerate(errors, start=1))
    rows = [
        Row(policy, seed, iteration, metric, unit, value, recorded.get(iteration) if seed == 0 else None)
        for seed, curve in enumerate(curves)
        for iteration, value in enumerate(curve, start=1)
    ]
    (found,) = series(rows, metric)
    return found


def trend(*curves: Curve) -> Trend:
    return outcome_of(measured(*curves)).trend


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(1, 6.3138), (2, 2.9200), (3, 2.3534), (5, 2.0150), (10, 1.8125), (100, 1.6602)]
)
def test_students_quantiles_are_those_of_the_tables(freedom, quantile):
    assert student_quantile(freedom) == pytest.approx(quantile, abs=5e-5)  # as they are rounded


@pytest.mark.parametrize("freedom", [1, 2, 3, 12])
def test_students_density_holds_nine_tenths_between_the_quantiles(freedom):
    edge = student_quantile(freedom)
    places = np.linspace(-edge, edge, 4001)
    density = np.exp(student_log_density(places, freedom))
    assert np.trapezoid(density, places) == pytest.approx(0.9, abs=1e-5)  # by the trapezoid rule


def test_change_is_paired_by_seed():
    """Seeds that start a nat apart and rise alike are sure of their rise."""
    found = outcome_of(measured([5.0, 5.5, 5.7], [6.0, 6.5, 6.8], [4.0, 4.6, 4.8]))
    changes = [0.7, 0.8, 0.8]
    assert found.change == pytest.approx(np.mean(changes))
    assert found.margin == pytest.approx(2.92 * np.std(changes, ddof=1) / 3**0.5, rel=1e-3)
    assert (found.first_iteration, found.last_iteration, found.num_seeds, found.margin_of) == (1, 3, 3, "seeds")
    assert (found.first, found.last) == (pytest.approx(5.0), pytest.approx(17.3 / 3))


def test_one_seed_has_no_interval_but_for_recorded_errors():
    assert outcome_of(measured([5.0, 5.5])).margin is None
    found = outcome_of(measured([5.0, 5.2, 5.5], errors=[0.03, 0.9, 0.04]))
    assert found.margin == pytest.approx(1.645 * 0.05, rel=1e-3)
    assert found.margin_of == "measurement"
    assert "recorded" in answer([found])


def test_values_that_are_not_finite_have_no_change():
    found = outcome_of(measured([5.0, 5.5, None], [5.0, 5.5, 6.0]))
    assert (found.first, found.last, found.change, found.margin, found.margin_of) == (5.0, None, None, None, None)
    assert answer([found]) == "replace: no finite test_loss at iteration 3."


def test_one_iteration_is_no_change():
    found = outcome_of(measured([5.0], [5.2]))
    assert (found.change, found.margin, found.trend) == (None, None, "undecided")
    assert answer([found]) == "replace: 5.1 nats/token at iteration 1, nothing later yet."
    assert answer([]) == "Nothing has been measured yet."


@pytest.mark.parametrize(
    ("curve", "expected"),
    [
        ([4.776, 4.909, 4.977, 5.097, 5.174], "growing"),
        ([4.776, 4.600, 4.609, 4.621, 4.629], "flat"),  # the jump to iteration 2 is no trend
        ([-176.2, -187.8, -190.9, -193.4, -194.0], "falling"),
        ([-176.2, -127.1, -76.7, -51.0, -12.8], "growing"),
        ([1.0, 3.0, 3.5, 3.6, 3.61, 3.62, 3.62, 3.63], "flat"),  # what has levelled off
        ([5.0, 5.3, 5.1, 5.4, 5.2], "undecided"),
        ([5.0, 5.1], "undecided"),
        ([5.0, 5.1, 5.2], "undecided"),
        ([0.0, 0.0, 0.0, 0.0], "flat"),
    ],
)
def test_trends_of_one_seed(curve, expected):
    assert trend(curve) == expected


def test_three_seeds_tell_a_trend_by_their_spread():
    rising = [5.0, 5.1, 5.2, 5.3]
    assert trend(rising, [4.0, 4.1, 4.21, 4.3], [6.0, 6.1, 6.19, 6.3]) == "growing"
    assert trend(rising, [4.0, 3.9, 3.8, 3.7], [6.0, 6.1, 6.2, 6.3]) == "undecided"


@pytest.mark.parametrize(("num_seeds", "num_iterations"), [(1, 5), (2, 5), (1, 10), (5, 5)])
def test_scatter_is_rarely_a_trend(num_seeds, num_iterations):
    """One series in ten at most, as the interval has 90 %; within 4 standard errors of a share of 0.1."""
    random, num = np.random.default_rng(0), 400
    values = 3 + random.normal(size=(num, num_seeds, num_iterations))
    called = [trend(*curves.tolist()) in ("growing", "falling") for curves in values]
    assert np.mean(called) <= 0.1 + 4 * math.sqrt(0.1 * 0.9 / num)


def test_seeds_that_are_behind_hold_the_last_iteration_back():
    rows = [Row("replace", 0, n, "test_loss", "nats", 5.0 + n) for n in (1, 2, 3)]
    rows += [Row("replace", 1, n, "test_loss", "nats", 6.0 + n) for n in (1, 2)]
    (found,) = series(rows, "test_loss")
    assert (outcome_of(found).last_iteration, outcome_of(found).change) == (2, 1.0)


def test_outcomes_of_a_run_that_is_not_finished(tmp_path):
    found = run(toys.experiment(seeds=(0, 1)), tmp_path)
    whole = outcomes(found)
    assert [outcome.policy for outcome in whole] == ["replace", "accumulate"]
    losses = {(row.policy, row.seed, row.iteration): row.value for row in found.rows() if row.metric == "test_loss"}
    expected = np.mean([losses["replace", seed, 3] - losses["replace", seed, 1] for seed in (0, 1)])
    assert whole[0].change == pytest.approx(expected)

    last = next(item for item in found.record.iterations if (item.policy, item.iteration) == ("replace", 3))
    shutil.rmtree(found.store.path(last.scores[0]))
    assert [outcome.last_iteration for outcome in outcomes(Run(tmp_path))] == [2, 3]
    assert outcomes(found, "sample_mean")[0].metric == "sample_mean"
    assert outcomes(found, "unheard_of") == []


def test_the_answer_of_an_unfinished_run_says_how_many_seeds_there_are():
    behind = outcome_of(measured([5.0, 5.5, 5.7], [5.0, 5.5, 5.8]))
    ahead = outcome_of(measured([5.0, 5.5, 5.7], [5.0, 5.5, 5.8], [5.0, 5.5, 5.9], policy="accumulate"))
    assert "over 2 to 3 seeds" in answer([behind, ahead])
    assert "over 3 seeds" in answer([ahead, ahead])


def test_a_sure_change_is_told_though_its_continuation_is_undecided():
    """Three values of one seed tell no trend, yet the change is fourteen times its margin, 1.645 x sqrt(2) x 26."""
    rising, falling = [1500.0, 2100.0, 2358.0], [1500.0, 900.0, 642.0]
    assert "+858 ± 60 nats/token after 3 iterations, risen beyond the margin, undecided whether it goes on" in answer(
        [outcome_of(measured(rising, errors=[26.0, 26.0, 26.0]))]
    )
    assert "fallen beyond the margin" in answer([outcome_of(measured(falling, errors=[26.0, 26.0, 26.0]))])
    within = answer([outcome_of(measured([1500.0, 1510.0, 1520.0], errors=[26.0, 26.0, 26.0]))])
    assert within.startswith("replace: +20 ± 60 nats/token after 3 iterations, undecided")


def test_the_profile_says_the_same_of_it():
    """The undecided share of real use: change and margin as in the answer, and in the same words."""
    value = Value("test_loss", "nats/token", "higher", LOSS)
    far, near = [1500.0, 2100.0, 2358.0], [1500.0, 1510.0, 1520.0]
    cells = [cell_of(finding_of(measured(each, errors=[26.0] * 3), value, None)) for each in (far, near)]
    assert [cell.verdict for cell in cells] == ["undecided", "undecided"]
    assert [cell.words for cell in cells] == ["risen beyond the margin, undecided whether it goes on", "undecided"]


def test_the_answer_says_unit_and_length_once():
    replace = outcome_of(measured([5.0, 5.5, 5.7, 5.9, 6.1], [5.0, 5.5, 5.7, 5.9, 6.12], [5.0, 5.5, 5.7, 5.9, 6.14]))
    accumulate = outcome_of(measured([5.0] * 5, [5.0] * 5, [5.0, 5.0, 5.0, 5.0, 4.97], policy="accumulate"))
    assert answer([replace, accumulate]) == (
        "replace: +1.120 ± 0.034 nats/token after 5 iterations, growing; accumulate: \N{MINUS SIGN}0.010 ± 0.029, flat"
        " (± 90 %, over 3 seeds)."
    )
    images = outcome_of(measured([-170.0, -180.0], unit="nats/image", policy="fresh"))
    assert "fresh: \N{MINUS SIGN}10.0 nats/image after 2 iterations, undecided (one seed: no interval)." in answer(
        [replace, images]
    )


def test_one_notion_of_a_paired_change():
    from genloop.study.differences import Difference

    assert issubclass(Difference, Change)
    change = Change.between([5.3, 6.5], [5.0, 6.0])
    assert change.standard_error == pytest.approx(0.1)
    assert change.margin == pytest.approx(0.1 * 6.3138, rel=1e-3)

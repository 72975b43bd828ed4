"""The table of a run against what the page and the answer say: means over all seeds, changes by seed."""

from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest
from report_fixtures import losses_run, two_floors_run

from genloop.analysis.outcome import outcomes
from genloop.numerals import MINUS
from genloop.report.tables import results_table
from genloop.runs.record import Run


def cells(run: Run, *, width: int = 150) -> dict[str, list[str]]:
    """Return the columns of the table by their headers, each on one line."""
    columns: Any = results_table(run, width=width).columns
    return {column.header.replace("\n", " "): list(column.cells) for column in columns}


def test_a_seed_that_is_not_finite_is_not_left_out_of_a_mean(tmp_path: Path):
    """A mean over the finite seeds would look healthy; so would the change of these alone."""
    table = cells(losses_run(tmp_path, {0: {1: 2.0, 2: 2.1, 3: None}, 1: {1: 3.0, 2: None, 3: None}}))
    assert table["test loss"] == ["2.500 ± 0.50", "not finite", "not finite"]
    assert table["change from 1"] == ["", "-", "-"]


def test_changes_are_those_of_each_seed(tmp_path: Path):
    """Seed 0 has not measured iteration 1 again, so there is nothing that its later losses have changed from."""
    run = losses_run(tmp_path, {0: {2: 1.1, 3: 1.2}, 1: {1: 5.0, 2: 5.1, 3: 5.2}})
    assert cells(run)["change from 1"] == ["", "-", "-"]
    ahead = losses_run(tmp_path / "ahead", {0: {1: 1.0, 2: 1.1, 3: 1.2}, 1: {1: 5.0, 2: 5.1}})
    table = cells(ahead)
    assert table["test loss"] == ["3.000 ± 2.0", "3.100 ± 2.0", "-"]
    assert table["change from 1"] == ["", "+0.100", "-"]
    (answered,) = outcomes(ahead)
    assert (answered.last_iteration, answered.last, answered.change) == (2, pytest.approx(3.1), pytest.approx(0.1))


@pytest.mark.parametrize(
    ("losses", "texts"),
    [
        ((4.776, 4.9091, 4.6), ("4.776", "4.909", "+0.133", "4.600", "-0.176")),
        ((9.7e-6, 1.594e-5, 8.4e-6), ("0.0000097", "0.0000159", "+0.0000062", "0.0000084", "-0.0000013")),
        ((1234567.0, 1240000.0, 1234566.0), ("1,234,567", "1,240,000", "+5,433", "1,234,566", "-1")),
    ],
)
def test_losses_of_any_size_can_be_read(tmp_path: Path, losses: tuple[float, ...], texts: tuple[str, ...]):
    table = cells(losses_run(tmp_path, {0: dict(enumerate(losses, start=1))}))
    first, second, rise, third, fall = texts
    assert table["test loss"] == [first, second, third]
    assert table["change from 1"] == ["", rise, fall.replace("-", MINUS)]


def test_policies_of_different_noise_floors_have_one_each(tmp_path: Path):
    run = two_floors_run(tmp_path)
    table = cells(run, width=250)
    names = table["policy"][-2:]
    assert names == ["real data (replace, accumulate)", "real data (replace-multiple)"]
    for policy, text in zip(("accumulate", "replace-multiple"), table["missing mass"][-2:], strict=True):
        floor = [row.value for row in run.noise_floor() if (row.policy, row.metric) == (policy, "missing_mass")]
        value, error = map(float, text.split(" ± "))
        assert value == pytest.approx(mean(floor), abs=0.0005)  # type: ignore[type-var]
        assert error == pytest.approx(stdev(floor) / 2**0.5, rel=0.05)  # type: ignore[type-var]

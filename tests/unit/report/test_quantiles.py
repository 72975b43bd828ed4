"""Quantiles over replicates, from the models on disk to rows, tables and charts; the right ones are NumPy's."""

import csv
from dataclasses import astuple
from io import StringIO

import numpy as np
import pytest

from genloop.analysis.arms import arms_of
from genloop.analysis.series import series
from genloop.data.known import Normal
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.families.statistical.gaussian import Gaussian
from genloop.metrics.statistical import Moments, Tails
from genloop.policies import Accumulate, Replace
from genloop.report.html.charts import metric_chart
from genloop.report.html.metric_curves import metric_curves
from genloop.report.html.page import page
from genloop.report.palette import styles
from genloop.report.rows_csv import rows_csv
from genloop.report.tables import quantiles_table, results_table, rows_json
from genloop.runs.runner import run
from genloop.types import Context

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


def loop(num_replicates, seeds=(0, 1)):
    source = Normal(num_replicates=num_replicates)
    return Experiment("q", source, Gaussian(), (Replace(), Accumulate()), (Moments(), Tails()), 3, 10, seeds)


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    return run(loop(25), tmp_path_factory.mktemp("quantiles"))


def ratios(finished, policy):
    """Return the variance of every replicate, shape (iteration, seed, replicate), by the models themselves."""
    items = [item for item in finished.record.iterations if item.policy == policy]
    models = {
        (item.iteration, item.seed): Gaussian().load(finished.store.path(item.model), None, Context()) for item in items
    }
    return np.array([[models[n, seed].distribution.variance[:, 0] for seed in (0, 1)] for n in (1, 2, 3)])


def test_rows_have_the_quantiles_of_their_replicates(finished):
    rows = [row for row in finished.rows() if (row.policy, row.metric) == ("accumulate", "variance_ratio")]
    found = {(row.iteration, row.seed): astuple(row.quantiles) for row in rows}
    expected = np.quantile(ratios(finished, "accumulate"), LEVELS, axis=2)
    for (iteration, seed), quantiles in found.items():
        assert quantiles == pytest.approx(expected[:, iteration - 1, seed])


def test_seeds_are_averaged_quantile_by_quantile(finished):
    replace, _ = series(finished.rows(), "variance_ratio")
    expected = np.quantile(ratios(finished, "replace"), LEVELS, axis=2).mean(axis=2)
    for iteration in (1, 2, 3):
        assert astuple(replace.quantiles(iteration)) == pytest.approx(expected[:, iteration - 1])


def test_they_are_shown(finished):
    table = quantiles_table(finished)
    columns = {str(column.header): list(column.cells) for column in table.columns}
    median = np.quantile(ratios(finished, "replace"), 0.5, axis=2).mean(axis=1)
    place = columns["metric"].index("variance_ratio")
    assert columns["median"][place : place + 3] == [f"{value:.3f}" for value in median]
    assert columns["iteration"][place : place + 3] == ["1", "2", "3"]
    assert list(columns)[3:] == ["mean", "5%", "25%", "median", "75%", "95%"]
    assert "medians: show --quantiles" in str(results_table(finished, width=150).caption)
    row = rows_json(finished)["rows"][0]
    assert list(row["quantiles"]) == ["q05", "q25", "median", "q75", "q95"]


def test_csv_has_a_line_for_every_number_and_those_of_real_data(finished):
    lines = list(csv.DictReader(StringIO(rows_csv(finished))))
    rows = list(finished.rows())
    assert len(lines) > len(rows)
    assert {line["policy"] for line in lines[len(rows) :]} == {"real data"}
    line, row = lines[0], rows[0]
    assert [line[name] for name in ("policy", "seed", "iteration", "metric", "estimator")] == [
        "replace", "0", "1", row.metric, ""
    ]  # fmt: skip
    numbers = [float(line[name]) for name in ("value", "standard_error", "q05", "q25", "median", "q75", "q95")]
    assert numbers == [row.value, row.standard_error, *astuple(row.quantiles)]


def test_a_page_draws_a_band_and_the_median(finished):
    curves = next(each for each in metric_curves(arms_of([finished])) if each.metric == "variance_ratio")
    chart = metric_chart(curves, styles(["replace", "accumulate"]))
    drawn = {trace["name"]: trace for trace in chart.traces}
    expected = np.quantile(ratios(finished, "replace"), LEVELS, axis=2).mean(axis=2)
    for name, quantile in (("replace, 5 %", 0), ("replace, median", 2), ("replace, 95 %", 4)):
        assert drawn[name]["y"] == pytest.approx(expected[quantile], rel=1e-5)
    assert drawn["replace, 95 %"]["fill"] == "tonexty"
    assert "A band holds 90 % of the replicates" in page([finished])


def test_one_replicate_has_none(tmp_path):
    alone = run(loop(1, seeds=(0,)), tmp_path)
    assert {row.quantiles for row in alone.rows()} == {None}
    with pytest.raises(UserError, match="of one replicate there are none"):
        quantiles_table(alone)
    assert "A band holds" not in page([alone])

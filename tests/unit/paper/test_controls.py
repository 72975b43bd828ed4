"""Controls of a loop: warm starts, another first estimator, the first model as a judge, real data as a noise floor."""

from dataclasses import replace
from types import SimpleNamespace
from typing import cast

import numpy as np
import pytest
from toys import Normal, SampleLoss, SampleMean, ToyDomain, experiment

from genloop.errors import UserError
from genloop.executors.memory import simulate
from genloop.experiment_file import complete, from_dict, set_value, to_dict
from genloop.families.linear import LinearRegression
from genloop.loop import unroll
from genloop.policies import Accumulate, Replace, schedule_from_rows
from genloop.recipes.linear import linear
from genloop.recipes.stories import demo
from genloop.report.tables import results_table
from genloop.runs.lineage import ancestors
from genloop.runs.record import Row, Run
from genloop.runs.runner import run
from genloop.study.noise_floor import beside_real_data
from genloop.types import Context


def fits(**changes):
    return [item.model for item in unroll(experiment(**changes), Accumulate(), 0, 20)]


def values(results: Run, metric: str, policy: str = "replace") -> list[float | None]:
    return [row.value for row in results.rows() if row.metric == metric and row.policy == policy]


def test_fits_are_fresh_unless_asked_otherwise():
    assert all(fit.previous is None for fit in fits())
    warm = fits(init="previous")
    assert [fit.previous for fit in warm] == [None, warm[0].result, warm[1].result]
    fresh = fits()
    assert warm[0].key == fresh[0].key
    assert warm[1].key != fresh[1].key


def test_warm_start_goes_on_from_the_previous_model(tmp_path):
    """Each iteration goes half the way from the model before to its training set (the toy's rule)."""
    loop = experiment(init="previous", policies=(Replace(),))
    run(loop, tmp_path)
    models = [item.model for item in unroll(loop, Replace(), 0, 20)]
    found = Run(tmp_path)
    means = [Normal().load(found.store.path(fit.key), ToyDomain(tmp_path), Context()).mean for fit in models]
    samples = [
        np.mean(ToyDomain(found.store.path(fit.train.parts[0].data.key)).prepared("train").values[:20])
        for fit in models
    ]
    assert means[0] == pytest.approx(samples[0])
    assert means[1:] == pytest.approx([(means[n] + samples[n + 1]) / 2 for n in range(2)])


def test_warm_start_is_in_the_lineage(tmp_path):
    """With real data alone in every training set, parameters are all that is handed on."""
    real_only = schedule_from_rows([[1], [1], [1]])
    fresh = run(experiment(policies=(real_only,)), tmp_path / "fresh")
    warm = run(experiment(policies=(real_only,), init="previous"), tmp_path / "warm")
    assert ancestors(fresh, fresh.record.iterations[-1].model) == []
    assert [parent.iteration for parent in ancestors(warm, warm.record.iterations[-1].model)] == [2, 1]


def test_warm_start_of_a_family_without_one_is_refused():
    with pytest.raises(UserError, match="LinearRegression cannot go on from a fitted model"):
        replace(linear(), init="previous")
    assert not hasattr(LinearRegression, "refit")


def test_first_estimator_fits_iteration_1_only():
    better = Normal(shift=1.0)
    models = fits(first_estimator=better)
    assert [fit.estimator for fit in models] == [better, Normal(), Normal()]


def test_the_first_model_judges_all_samples(tmp_path):
    loop = experiment(metrics=(SampleLoss(), SampleMean()), num_iterations=2)
    run(loop, tmp_path)
    first, second = unroll(loop, Replace(), 0, 20)
    store = Run(tmp_path).store
    judge = Normal().load(store.path(first.model.key), ToyDomain(tmp_path), Context())
    for item, found in zip((first, second), values(Run(tmp_path), "sample_loss"), strict=True):
        samples = np.array(ToyDomain(store.path(item.samples.key)).prepared("train").values)
        expected = ((samples - judge.mean) ** 2).mean() / judge.spread**2 / 2 + np.log(
            judge.spread * np.sqrt(2 * np.pi)
        )
        assert found == pytest.approx(expected)


def test_noise_floor_is_the_last_line_of_the_table(tmp_path):
    table = results_table(run(experiment(), tmp_path), width=150)
    assert list(table.columns[0].cells)[-1] == "real data"
    assert table.row_count == 2 * 3 + 1


def test_a_value_that_is_not_finite_stands_beside_real_data_as_such():
    """Of two seeds one has no number at the last iteration of replace; of real data neither has one of `spread`."""

    def measured(at: int, *of_seeds: tuple[float | None, float | None]) -> list[Row]:
        return [
            Row("any", seed, at, metric, "1", value)
            for seed, values in enumerate(of_seeds)
            for metric, value in zip(("mean", "spread"), values, strict=True)
        ]

    first = measured(1, (1.0, 1.0), (2.0, 2.0))
    floor = measured(1, (0.5, None), (1.0, None))
    replaced, accumulated = (
        cast(Run, SimpleNamespace(rows=lambda last=last: [*first, *last], noise_floor=lambda: floor))
        for last in (measured(3, (None, 3.0), (4.0, 5.0)), measured(3, (6.0, 7.0), (8.0, 9.0)))
    )
    assert list(beside_real_data(replaced, accumulated, 3).lines) == [
        ("mean", "1.500", "not finite", "7.000", "0.750"),
        ("spread", "1.500", "4.000", "8.000", "not finite"),
    ]


def test_memory_and_disk_agree_on_warm_starts(tmp_path):
    loop = experiment(init="previous", policies=(Replace(),))
    in_memory = [found["test_loss"].value for _, found in simulate(loop)]
    assert in_memory == values(run(loop, tmp_path), "test_loss")


def test_controls_are_read_back_from_plain_values():
    loop = replace(demo(), init="previous", first_estimator=replace(demo().estimator, epochs=9))
    assert from_dict(to_dict(loop)) == loop
    written = complete(to_dict(loop))
    set_value(written, "first_estimator.epochs=1")
    assert from_dict(written).first_estimator.epochs == 1
    with pytest.raises(UserError, match="init"):
        from_dict({**to_dict(loop), "init": "old"})

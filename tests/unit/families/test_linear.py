"""Linear, ridge and kernel regression against plain computations with all rows, one replicate at a time."""

import json
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from genloop.data.regression.design import Design
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.shard import Linear, Shard
from genloop.data.regression.source import Regression
from genloop.errors import UserError
from genloop.executors.memory import simulate
from genloop.experiment_file import from_dict, to_dict
from genloop.families.kernel_regression import KernelRegression, gaussian_kernel
from genloop.families.linear import LinearModel, LinearRegression, Ridge
from genloop.metrics.regression import ParameterError, TestError
from genloop.policies import Accumulate, AccumulateSubsample, Replace
from genloop.recipes.linear import linear
from genloop.report.tables import results_table
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Context, Evidence

CONTEXT = Context()
SOLVED = 1e-9  # relative; float64 after solving small systems of moderate condition
SOURCE = Regression(dimension=3, num_train=30, num_test=40, num_replicates=4, decay=0.5, truth="drawn")
ESTIMATORS = [LinearRegression(), Ridge(2.0), KernelRegression(bandwidth=2.0, penalty=0.5)]


def real(source=SOURCE, part="train", num=30):
    return RegressionDataset.of(source.shard(part, num))


def training_set(estimator, source=SOURCE):
    """Return real and synthetic rows with different weights, some of them in parts."""
    data = real(source)
    samples = estimator.fit(data, seed=0, context=CONTEXT).sample(50, seed=7, context=CONTEXT)
    return data.concat([samples.slice(0, 45).weighted(0.4), samples.slice(3, 9).weighted(2.0)])


def rows_of(data, replicate):
    parts = list(data.rows())
    return tuple(
        np.concatenate([getattr(part, name)[replicate] for part in parts]) for name in ("design", "targets", "weights")
    )


@pytest.mark.parametrize("design", ["reused", "fresh"])
@pytest.mark.parametrize("drawn", [False, True])
def test_linear_regression_is_weighted_least_squares(design, drawn):
    source = replace(SOURCE, design=design)
    train = training_set(LinearRegression(), source)
    train = train.draw(40, seed=1) if drawn else train
    fitted = LinearRegression().fit(train, seed=0, context=CONTEXT)
    for replicate, weights in enumerate(fitted.weights):
        design_rows, targets, mass = rows_of(train, replicate)
        root = np.sqrt(mass)
        expected = np.linalg.lstsq(design_rows * root[:, None], targets * root)[0]
        np.testing.assert_allclose(weights, expected, rtol=SOLVED)


def test_ridge_adds_its_penalty_to_the_weighted_sums():
    train = training_set(Ridge(2.0))
    fitted = Ridge(2.0).fit(train, seed=0, context=CONTEXT)
    for replicate, weights in enumerate(fitted.weights):
        rows, targets, mass = rows_of(train, replicate)
        expected = np.linalg.solve((rows.T * mass) @ rows + 2.0 * np.eye(3), rows.T @ (mass * targets))
        np.testing.assert_allclose(weights, expected, rtol=SOLVED)


@pytest.mark.parametrize("drawn", [False, True])
def test_kernel_regression_is_that_on_all_rows(drawn):
    estimator = KernelRegression(bandwidth=2.0, penalty=0.5)
    train = training_set(estimator)
    train = train.draw(40, seed=1) if drawn else train
    fitted = estimator.fit(train, seed=0, context=CONTEXT)
    points = np.random.default_rng(0).normal(size=(4, 5, 3))
    predicted = fitted.predict(points)
    for replicate in range(4):
        rows, targets, mass = rows_of(train, replicate)
        rows, targets, mass = (part[mass > 0] for part in (rows, targets, mass))
        system = gaussian_kernel(rows[None], rows[None], 2.0)[0] + 0.5 * np.diag(1 / mass)
        expected = gaussian_kernel(points[replicate][None], rows[None], 2.0)[0] @ np.linalg.solve(system, targets)
        np.testing.assert_allclose(predicted[replicate], expected, rtol=1e-7)


def test_gaussian_kernel_is_what_it_says():
    rows, others = np.random.default_rng(0).normal(size=(2, 1, 4, 3))
    kernel = gaussian_kernel(rows, others, 1.5)
    assert kernel[0, 1, 2] == pytest.approx(np.exp(-np.sum((rows[0, 1] - others[0, 2]) ** 2) / (2 * 1.5**2)))


def test_test_error_is_exact_for_linear_models_and_a_mean_over_rows_for_kernels():
    test = RegressionDataset.of(SOURCE.shard("test", 20_000))
    rows, truth = test.design.rows(0, 20_000), test.shard.teacher.array
    linear_model = LinearRegression().fit(real(), seed=0, context=CONTEXT)
    squares = np.einsum("rnd,rd->rn", rows, linear_model.weights - truth) ** 2
    standard_errors = squares.std(axis=1) / np.sqrt(20_000)
    assert np.all(np.abs(linear_model.excess_errors(test) - squares.mean(axis=1)) < 4 * standard_errors)
    np.testing.assert_allclose(
        linear_model.parameter_errors(test), ((linear_model.weights - truth) ** 2).sum(axis=1), rtol=SOLVED
    )
    kernel_model = ESTIMATORS[2].fit(real(), seed=0, context=CONTEXT)
    expected = np.mean((kernel_model.predict(rows) - np.einsum("rnd,rd->rn", rows, truth)) ** 2, axis=1)
    np.testing.assert_allclose(kernel_model.excess_errors(test), expected, rtol=SOLVED)


def test_metrics_average_over_replicates():
    evidence = Evidence(test=real(part="test"), model=LinearRegression().fit(real(), seed=0, context=CONTEXT))
    errors = evidence.model.excess_errors(evidence.test)
    values = TestError().score(evidence, seed=0, context=CONTEXT)
    assert values["test_loss"].value == pytest.approx(errors.mean())
    assert values["test_loss"].standard_error == pytest.approx(errors.std(ddof=1) / 2)
    kernel_model = ESTIMATORS[2].fit(real(), seed=0, context=CONTEXT)
    with pytest.raises(UserError, match="needs a linear model"):
        ParameterError().score(replace(evidence, model=kernel_model), seed=0, context=CONTEXT)


@pytest.mark.parametrize("num", [4, 5])
def test_least_squares_needs_d_plus_2_different_rows(num):
    copies = real().slice(0, num).concat([real().slice(0, num)])
    if num < 5:
        with pytest.raises(UserError, match=r"4 different rows for dimension=3.*expected error.*infinite"):
            LinearRegression().fit(copies, seed=0, context=CONTEXT)
    else:
        LinearRegression().fit(copies, seed=0, context=CONTEXT)
    assert Ridge().fit(copies, seed=0, context=CONTEXT).status == "fitted"


def test_rows_without_weight_do_not_count():
    train = real().slice(0, 4).concat([real().slice(4, 30).weighted(0.0)])
    assert train.num_different_rows == 4


def test_kernel_regression_refuses_fresh_designs():
    with pytest.raises(UserError, match=r"Use source.design=reused"):
        KernelRegression().fit(real(replace(SOURCE, design="fresh")), seed=0, context=CONTEXT)


@pytest.mark.parametrize("build", [lambda: Ridge(0.0), lambda: KernelRegression(bandwidth=-1), lambda: Ridge(np.inf)])
def test_penalty_and_bandwidth_are_positive(build):
    with pytest.raises(UserError, match="is not positive"):
        build()


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_samples_follow_the_model_at_the_design_and_can_be_conditioned(estimator):
    model = replace(estimator.fit(real(), seed=0, context=CONTEXT), noise_deviation=0.0)
    samples = model.sample(35, seed=3, context=CONTEXT)
    parts = list(samples.rows())
    rows, targets = (np.concatenate([getattr(part, name) for part in parts], axis=1) for name in ("design", "targets"))
    np.testing.assert_array_equal(rows[:, :30], real().design.rows(0, 30))
    expected = model.predict(rows) if hasattr(model, "predict") else np.einsum("rnd,rd->rn", rows, model.weights)
    np.testing.assert_allclose(targets, expected, rtol=SOLVED)
    np.testing.assert_array_equal(targets[:, 30:], targets[:, :5])
    again = model.sample(35, seed=3, conditions=real(), context=CONTEXT)
    np.testing.assert_array_equal(again.statistics().moment, samples.statistics().moment)


def test_models_can_be_asked_for_targets_at_a_design_of_ones_choice():
    other = Shard(Design(8, 4, 3), 10, Linear(np.zeros((4, 3))), 1.0, 0)
    model = LinearModel(np.ones((4, 3)), real().design, noise_deviation=0.0)
    samples = model.sample(10, seed=0, conditions=RegressionDataset.of(other), context=CONTEXT)
    rows, targets = samples.shard.rows(0, 10)
    np.testing.assert_array_equal(rows, other.rows(0, 10)[0])
    np.testing.assert_allclose(targets, rows.sum(axis=2), rtol=SOLVED)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_models_are_restored(tmp_path, estimator):
    model = estimator.fit(real(), seed=0, context=CONTEXT)
    model.save(tmp_path)
    restored = estimator.load(tmp_path, RegressionDomain(tmp_path), CONTEXT)
    for name, value in vars(model).items():
        assert np.all(getattr(restored, name) == value), name


def test_not_finite_parameters_are_a_diverged_model():
    assert LinearModel(np.array([[np.inf]]), real().design, 1.0).status == "diverged"


def test_recipe_runs_and_its_numbers_are_those_in_memory(tmp_path):
    experiment = replace(linear(), policies=(Replace(), Accumulate(), AccumulateSubsample()), num_iterations=3)
    assert from_dict(json.loads(json.dumps(to_dict(experiment)))) == experiment
    finished = run(experiment, tmp_path)
    in_memory = {
        (str(iteration.policy), iteration.number, name): value
        for iteration, values in simulate(experiment)
        for name, value in values.items()
    }
    rows = list(finished.rows())
    assert [(found.value, found.standard_error) for found in in_memory.values()] == [
        (row.value, row.standard_error) for row in rows
    ]
    assert len(in_memory) == len(rows) == 3 * 3 * 2
    console = Console(width=200)
    with console.capture() as capture:
        console.print(results_table(Run(tmp_path), width=200))
    assert "T = 100 rows" in capture.get()


def test_linear_families_load_no_torch():
    script = (
        "import genloop.families.linear, genloop.families.kernel_regression, genloop.metrics.regression, "
        "genloop.recipes.linear, sys; print('torch' in sys.modules)"
    )
    found = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"

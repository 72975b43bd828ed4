"""Linear loops that ran through plan, store and executor, against theory.

Means are over R replicates; 4 of their own standard errors are crossed by chance with probability 6e-5 for each point.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import pytest

from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.source import Regression
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.memory import simulate
from genloop.executors.preparing import prepare
from genloop.executors.results import StoredResults
from genloop.experiment import Experiment
from genloop.families.kernel_regression import KernelRegression, gaussian_kernel
from genloop.families.linear import LinearRegression, Ridge
from genloop.metrics.regression import ParameterError, TestError
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Replace,
    ReplaceMultiple,
    Window,
    schedule_from_rows,
)
from genloop.policy_text import policy_name
from genloop.runs.runner import run
from genloop.steps import Prepare
from genloop.store import Store
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.propagate import error_curve
from genloop.theory.regression import accumulated_parameters, ols_parameter_error, ols_test_error
from genloop.theory.smoothers import KernelProblem, ridge_problem, smoother_error_curve
from genloop.types import Context
from genloop.values import Value

N = 6
WEIGHTED_WINDOW = schedule_from_rows(
    [
        {source: {"amount": 1, "weight": 1.0 + 2.0 * (source % 3)} for source in range(max(0, n - 4), n)}
        for n in range(1, N + 1)
    ]
)


def assert_within(measured, standard_error, expected, *, standard_errors=4.0):
    deviations = (np.asarray(measured) - expected) / standard_error
    assert np.all(np.abs(deviations) < standard_errors), deviations


def measured_curve(finished, policy, name="test_loss"):
    found = [row for row in finished.rows() if (row.policy, row.metric) == (policy_name(policy), name)]
    return np.array([row.value for row in found]), np.array([row.standard_error for row in found])


def simulated_curve(experiment, name="test_loss"):
    found = [each[name] for _, each in simulate(experiment)]
    return np.array([each.value for each in found]), np.array([each.standard_error for each in found])


def test_stored_loops_of_whole_sources_follow_theory(tmp_path):
    policies = (Replace(), Accumulate(), ReplaceMultiple(), Window(3), Augment())
    source = Regression(dimension=4, num_train=20, num_test=1, num_replicates=3000, noise_deviation=0.7, decay=1.0)
    experiment = Experiment("x", source, LinearRegression(), policies, (TestError(), ParameterError()), N)
    finished = run(experiment, tmp_path)
    first = ols_test_error(20, 4, noise_variance=0.49)
    parameters = ols_parameter_error(20, np.diag(1 / np.arange(1.0, 5)), noise_variance=0.49)
    for policy in policies:
        ratio = error_curve(policy, N).values
        assert_within(*measured_curve(finished, policy), first * ratio)
        assert_within(*measured_curve(finished, policy, "parameter_error"), parameters * ratio)


def test_stored_loops_with_subsample_draws_follow_theory(tmp_path):
    """Draws make the theory one of leading order in d / T, here 1 %, below its standard error of 2 %."""
    source = Regression(dimension=2, num_train=200, num_test=1, num_replicates=2000)
    experiment = Experiment("x", source, LinearRegression(), (AccumulateSubsample(),), (TestError(),), N)
    expected = ols_test_error(200, 2) * error_curve(AccumulateSubsample(), N, num_examples=200).values
    assert_within(*measured_curve(run(experiment, tmp_path), AccumulateSubsample()), expected)


def test_weights_of_shares_act_as_theory_says():
    source = Regression(dimension=4, num_train=20, num_test=1, num_replicates=3000)
    experiment = Experiment("x", source, LinearRegression(), (WEIGHTED_WINDOW,), (TestError(),), N)
    expected = ols_test_error(20, 4) * error_curve(WEIGHTED_WINDOW, N).values
    assert_within(*simulated_curve(experiment), expected)
    unweighted = error_curve(Window(4), N).values
    assert abs(error_curve(WEIGHTED_WINDOW, N).values / unweighted - 1).max() > 0.05  # else nothing is tested


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), ReplaceMultiple()])
def test_fresh_designs_follow_their_own_theory(policy):
    source = Regression(dimension=4, num_train=12, num_test=1, num_replicates=3000, design="fresh")
    experiment = Experiment("x", source, LinearRegression(), (policy,), (TestError(),), N)
    ratio = fresh_design_error_curve(policy, N, num_examples=12, dimension=4).values
    assert_within(*simulated_curve(experiment), ols_test_error(12, 4) * ratio)


def test_fresh_real_batches_follow_theory():
    """The real batches take other rows of X, so theory is of leading order in d / T, here 1 %."""
    source = Regression(dimension=2, num_train=200 + 100 * N, num_test=1, num_replicates=1000)
    experiment = Experiment("x", source, LinearRegression(), (Fresh(0.5),), (TestError(),), N, num_samples=200)
    expected = ols_test_error(200, 2) * error_curve(Fresh(0.5), N).values
    assert_within(*simulated_curve(experiment), expected)


def test_theorem_1_holds_for_every_realisation(tmp_path):
    """w_n = w* + (X'X)^-1 X' sum_i E_i / i, with the noise that the stored data sets say they have."""
    source = Regression(dimension=5, num_train=30, num_test=1, num_replicates=3, truth="drawn")
    experiment = Experiment("x", source, LinearRegression(), (Accumulate(),), (TestError(),), N)
    run(experiment, tmp_path)
    store = Store(tmp_path / "store")
    rounds, opened = prepare(experiment, store, LocalExecutor(), Silence()), StoredResults(store, Context())
    real = opened.open(Prepare(source)).prepared("train")
    sources = [real, *(opened.open(item.samples.result) for item in rounds[:-1])]
    noise = np.array([_noise(data) for data in sources])  # (n, R, T)
    fitted = np.array([opened.open(item.model.result).weights for item in rounds])  # (n, R, d)
    design, truth = real.design.rows(0, 30), real.shard.teacher.array
    for replicate in range(3):
        expected = accumulated_parameters(design[replicate], truth[replicate], noise[:, replicate])
        np.testing.assert_allclose(fitted[:, replicate], expected, rtol=1e-10)


def _noise(data: RegressionDataset):
    design, targets = data.shard.rows(0, len(data))
    return targets - data.shard.teacher.targets(design, np.arange(len(data)))


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), Augment()])
@pytest.mark.parametrize("estimator", [Ridge(5.0), KernelRegression(bandwidth=3.0, penalty=0.5)], ids=str)
def test_shrinking_estimators_follow_theory_given_their_designs(estimator, policy):
    """Each replicate is compared with the exact expectation for its own X; the mean difference has mean zero."""
    source = Regression(dimension=3, num_train=15, num_test=12, num_replicates=400, noise_deviation=0.5)
    experiment = Experiment("x", source, estimator, (policy,), (EachError(),), N)
    rows, test_rows = source.shard("train", 15).design.rows(0, 15), source.shard("test", 12).design.rows(0, 12)
    truth = np.full(3, 3**-0.5)
    expected = np.array(
        [
            smoother_error_curve(policy, N, _problem(estimator, *pair, truth)).values
            for pair in zip(rows, test_rows, strict=True)
        ]
    )
    measured = np.array([[each.value for each in values.values()] for _, values in simulate(experiment)]).T  # (R, n)
    differences = measured - expected
    assert_within(differences.mean(axis=0), differences.std(axis=0, ddof=1) / 20, 0)


@dataclass(frozen=True)
class EachError:
    """Test error of every replicate."""

    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values: ClassVar[Sequence[Value]] = [Value(f"replicate_{number}", "squared error") for number in range(400)]
    about: ClassVar[str] = "real test rows | model_t"

    def score(self, evidence, *, seed, context):
        names = [value.name for value in self.values]
        return dict(zip(names, evidence.model.excess_errors(evidence.test), strict=True))


def _problem(estimator, rows, test_rows, truth) -> KernelProblem:
    if isinstance(estimator, Ridge):
        return ridge_problem(rows, truth, np.sqrt(3) * np.eye(3), penalty=estimator.penalty, noise_variance=0.25)
    kernel, test_kernel = (gaussian_kernel(x[None], rows[None], estimator.bandwidth)[0] for x in (rows, test_rows))
    return KernelProblem(kernel, rows @ truth, test_kernel, test_rows @ truth, estimator.penalty, 0.25)

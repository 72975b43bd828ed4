"""Results on linear regression against simulated least squares, T = 60 and d = 10 unless stated, 4 standard errors."""

import numpy as np
import pytest
from simulations import Table, within

from genloop.errors import UserError
from genloop.paper.simulate_regression import kernel_ridge, least_squares, wrong_teacher
from genloop.policies import Accumulate, Augment, Mix, Mixture, Replace, ReplaceMultiple, Share, Window
from genloop.theory import regression
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.propagate import error_curve
from genloop.theory.smoothers import KernelProblem, ridge_problem, smoother_error_curve

T, D = 60, 10
UNIT = regression.ols_test_error(T, D)
ISOTROPIC = np.eye(D)


def simulated_ratio(policy, *, fresh_design, num_iterations=10, num_real=1.0):
    """Test error over that of iteration 1, (iteration, replica), 1500 replicas."""
    fitted = least_squares(
        policy, num_iterations, num_examples=T, covariance=ISOTROPIC, fresh_design=fresh_design, num_replicas=1500,
        seed=4, num_real=num_real,
    )  # fmt: skip
    return (fitted**2).sum(axis=-1) / UNIT


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), ReplaceMultiple(), Augment(), Window(3)], ids=str)
def test_one_design_follows_the_engine(policy):
    assert within(simulated_ratio(policy, fresh_design=False), error_curve(policy, 10).values)


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), ReplaceMultiple()], ids=str)
def test_new_rows_follow_the_engine(policy):
    predicted = fresh_design_error_curve(policy, 10, num_examples=T, dimension=D).values
    assert within(simulated_ratio(policy, fresh_design=True), predicted)


def test_nested_training_sets_with_new_rows_are_exact():
    """Set 3 is set 2 and half of source 2; set 4 holds new real data alone; set 5 forgets all but source 4."""
    policy = Table(
        (
            Mixture([Share(0)]),
            Mixture([Share(0), Share(1, 0.5)]),
            Mixture([Share(0), Share(1, 0.5), Share(2, 0.5, start=0.5)]),
            Mixture([Share(0, 2.0, start=1.0)]),
            Mixture([Share(4, 0.75)]),
        ),
        supply=3.0,
    )
    curve = fresh_design_error_curve(policy, 5, num_examples=T, dimension=D)
    assert curve.basis.exact.startswith("every T and d")
    assert within(simulated_ratio(policy, fresh_design=True, num_iterations=5, num_real=3.0), curve.values)


def test_theorem_1_holds_per_realisation():
    """Stacked designs and least squares of all rows against the identity, relative error 1e-10."""
    random = np.random.default_rng(5)
    design, truth, noise = random.standard_normal((T, D)), random.standard_normal(D), random.standard_normal((8, T))
    parameters, targets = truth, np.empty(0)
    for iteration, identity in enumerate(regression.accumulated_parameters(design, truth, noise), start=1):
        targets = np.concatenate([targets, design @ parameters + noise[iteration - 1]])
        parameters = np.linalg.lstsq(np.tile(design, (iteration, 1)), targets)[0]
        assert np.linalg.norm(parameters - identity) <= 1e-10 * np.linalg.norm(identity)


def test_theorem_2_stays_below_its_bound():
    values = regression.accumulate(10_000).values
    assert values[-1] < np.pi**2 / 6
    assert values[-1] == pytest.approx(np.pi**2 / 6, abs=1.01e-4)
    assert regression.accumulate_efficiency() == pytest.approx(1 / (np.pi**2 / 6))


def test_covariance_leaves_the_test_error_alone():
    """Sigma from 0.1 to 10, new rows: test and parameter error of iteration 1, and their growth."""
    covariance = np.diag(np.geomspace(0.1, 10, D))
    fitted = least_squares(
        Accumulate(), 5, num_examples=T, covariance=covariance, fresh_design=True, num_replicas=3000, seed=6
    )
    growth = regression.accumulate_fresh_design(5, num_examples=T, dimension=D).values
    assert within((fitted**2 @ np.diag(covariance)), growth * UNIT)
    assert within((fitted**2).sum(axis=-1), growth * regression.ols_parameter_error(T, covariance))


def test_golden_ratio_is_the_best_weight():
    weights = np.linspace(0.01, 0.99, 9801)
    for ratio in (0.5, 1.0, 4.0):
        limits = (weights**2 + ratio * (1 - weights) ** 2) / (weights * (2 - weights))
        best = regression.best_fresh_weight(ratio)
        assert weights[limits.argmin()] == pytest.approx(best, abs=1e-4)
        assert limits.min() == pytest.approx(best, abs=1e-7)
        assert regression.fresh_real(200, weight=best, ratio=ratio).values[-1] == pytest.approx(best)
    assert regression.best_fresh_weight() == pytest.approx(2 / (1 + np.sqrt(5)))


@pytest.mark.parametrize(("weight", "ratio", "limit"), [(0.5, 1.0, 4 / 3), (0.5, 2.0, 5 / 3), (0.6, 1.0, 1.190476)])
def test_fixed_real_tends_to_its_limit(weight, ratio, limit):
    assert regression.fixed_real(60, weight=weight, ratio=ratio).values[-1] == pytest.approx(limit, abs=1e-6)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_wrong_teacher_leaves_a_floor(share):
    """n = 200, d = 50, c = s = 1; 400 replicas, and 1 % for the finite d."""
    errors = wrong_teacher(share, num_examples=200, dimension=50, distance=1.0, num_replicas=400, seed=7)
    expected = regression.strong_collapse_error(share, 50 / 200, distance=1.0)
    standard_error = np.std(errors) / np.sqrt(len(errors))
    assert abs(np.mean(errors) - expected) < 4 * standard_error + 0.01 * expected


# Ridge and kernel regression, exactly given X.


def ridge(penalty):
    random = np.random.default_rng(9)
    scale = np.sqrt(np.geomspace(0.2, 5, 5))
    design, test_design = random.standard_normal((20, 5)) * scale, random.standard_normal((50, 5)) * scale
    return ridge_problem(design, random.standard_normal(5), test_design, penalty=penalty, noise_variance=0.5)


def gaussian_kernel():
    train, test = np.linspace(0, 1, 15), np.linspace(0.02, 0.97, 40)

    def kernel(first, second):
        return np.exp(-20 * (first[:, None] - second) ** 2)

    return KernelProblem(
        kernel(train, train), np.sin(6 * train), kernel(test, train), np.sin(6 * test), penalty=0.3, noise_variance=0.2
    )


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), Augment(), Window(2)], ids=str)
@pytest.mark.parametrize("problem", [ridge(2.0), gaussian_kernel()], ids=["ridge", "gaussian kernel"])
def test_smoothers_follow_the_exact_expectation(policy, problem):
    assert within(
        kernel_ridge(policy, 6, problem, num_replicas=4000, seed=8), smoother_error_curve(policy, 6, problem).values
    )


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), ReplaceMultiple(), Window(3)], ids=str)
def test_ridge_without_penalty_is_the_engine(policy):
    curve = smoother_error_curve(policy, 12, ridge(0.0)).values
    np.testing.assert_allclose(curve / curve[0], error_curve(policy, 12).values, rtol=1e-10)


def test_replacing_ridge_forgets_the_truth():
    """Every fit shrinks again, so the bias of replace tends to the whole truth while accumulate keeps a part."""
    problem = ridge(2.0)
    nothing = np.mean(problem.test_truth**2)
    replaced, accumulated = (smoother_error_curve(policy, 100, problem).values for policy in (Replace(), Accumulate()))
    assert replaced[-1] > nothing
    assert accumulated[-1] < 0.5 * nothing


def test_parts_of_a_design_are_refused():
    with pytest.raises(UserError, match="Iteration 2 takes a part of a source"):
        smoother_error_curve(Mix(0.5), 3, ridge(1.0))

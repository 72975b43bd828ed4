"""Simulations of the results on regression and means; a function has the name of the result it checks."""

from functools import cache

import numpy as np

from genloop.paper.simulate import moments
from genloop.paper.simulate_regression import kernel_ridge, least_squares
from genloop.paper.simulate_regression import wrong_teacher as simulate_wrong_teacher
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Policy,
    Replace,
    ReplaceMultiple,
    Schedule,
    Share,
    Window,
    schedule_from_rows,
)
from genloop.study.measurement import Measurement, measurement
from genloop.theory import regression, smoothers

T, D, N = 60, 10, 10
OLS = f"T = {T}, d = {D}"
GROWING = [1.0, 2.0, 3.0, 1.0, 2.0]
COVARIANCE = np.diag(np.geomspace(0.1, 10, D))


def accumulated_parameters() -> Measurement:
    """Stack all rows and solve: the largest relative distance from the identity, which has no standard error."""
    random = np.random.default_rng(1)
    design, truth, noise = random.standard_normal((T, D)), random.standard_normal(D), random.standard_normal((N, T))
    parameters, targets, distances = truth, np.empty(0), []
    for iteration, identity in enumerate(regression.accumulated_parameters(design, truth, noise), start=1):
        targets = np.concatenate([targets, design @ parameters + noise[iteration - 1]])
        parameters = np.linalg.lstsq(np.tile(design, (iteration, 1)), targets)[0]
        distances.append(np.linalg.norm(parameters - identity) / np.linalg.norm(identity))
    setting = f"largest relative error in {N} iterations, 1e-10 allowed for rounding, {OLS}"
    return Measurement(setting, 0.0, float(max(distances)), 0.0, rounding=1e-10)


def ols_test_error() -> Measurement:
    errors = _first_fits() ** 2 @ np.diag(COVARIANCE)
    return measurement(f"{OLS}, Sigma from 0.1 to 10", regression.ols_test_error(T, D), errors)


def ols_parameter_error() -> Measurement:
    errors = (_first_fits() ** 2).sum(axis=1)
    return measurement(f"{OLS}, Sigma from 0.1 to 10", regression.ols_parameter_error(T, COVARIANCE), errors)


def replace() -> Measurement:
    return _ols(Replace(), regression.replace(N).values[-1])


def accumulate() -> Measurement:
    return _ols(Accumulate(), regression.accumulate(N).values[-1])


def accumulate_fresh_design() -> Measurement:
    expected = regression.accumulate_fresh_design(N, num_examples=T, dimension=D).values[-1]
    return _ols(Accumulate(), expected, fresh_design=True)


def replace_multiple() -> Measurement:
    return _ols(ReplaceMultiple(), regression.replace_multiple(N).values[-1])


def replace_multiple_fresh_design() -> Measurement:
    expected = regression.replace_multiple_fresh_design(N, num_examples=T, dimension=D).values[-1]
    return _ols(ReplaceMultiple(), expected, fresh_design=True)


def replace_schedule() -> Measurement:
    policy = schedule_from_rows([{i: size} for i, size in enumerate(GROWING)])
    return _mean("T_i = 1, 2, 3, 1, 2 T", policy, 5, regression.replace_schedule(GROWING).values[-1])


def accumulate_schedule() -> Measurement:
    policy = schedule_from_rows([GROWING[: i + 1] for i in range(len(GROWING))])
    return _mean("T_i = 1, 2, 3, 1, 2 T", policy, 5, regression.accumulate_schedule(GROWING).values[-1])


def accumulate_subsample() -> Measurement:
    expected = regression.accumulate_subsample(N).values[-1]
    return _mean(f"n = {N}", AccumulateSubsample(), N, expected, num_examples=100, num_replicas=8000)


def fixed_real() -> Measurement:
    return _mean(f"augment, n = {N}", Augment(), N, regression.fixed_real(N).values[-1])


def fresh_real() -> Measurement:
    return _mean("w = 1/2, n = 10", _fresh_batches(0.5), N, regression.fresh_real(N).values[-1])


def best_fresh_weight() -> Measurement:
    golden = regression.best_fresh_weight()
    return _mean("error at w = 0.618, n = 10", _fresh_batches(golden), N, golden)


def window_slope() -> Measurement:
    """The rise of the error between iterations 10 and 20 of a window of 3, per iteration."""
    means, _ = moments(Window(3), 20, num_examples=10, num_replicas=40_000, seed=7)
    slopes = (means[19] ** 2 - means[9] ** 2) * 10 / 10  # over 10 iterations, in units of s^2 / T with T = 10
    return measurement("K = 3, n = 10 to 20", regression.window_slope(3), slopes)


def accumulate_efficiency() -> Measurement:
    """Exponential distributions, T = 1000: error of iteration 1 over that of iteration 400 and the rest of the sum."""
    random = np.random.default_rng(8)
    num_examples, num_iterations, num_replicas = 1000, 400, 20_000
    total, mean = np.zeros(num_replicas), np.ones(num_replicas)
    for iteration in range(1, num_iterations + 1):
        total += random.gamma(num_examples, mean)
        mean = total / (iteration * num_examples)
    error = num_examples * (mean - 1) ** 2 + 1 / num_iterations
    efficiency = 1 / error.mean()
    standard_error = efficiency**2 * error.std(ddof=1) / np.sqrt(num_replicas)
    expected = regression.accumulate_efficiency()
    return Measurement("exponential distribution, T = 1000", expected, float(efficiency), float(standard_error))


def strong_collapse_error() -> Measurement:
    errors = simulate_wrong_teacher(0.5, num_examples=400, dimension=100, distance=1.0, num_replicas=600, seed=9)
    expected = regression.strong_collapse_error(0.5, 0.25, distance=1.0)
    return measurement("p = 1/2, c = 1, n = 400, d = 100", expected, errors)


def smoother_error_curve() -> Measurement:
    random = np.random.default_rng(10)
    scale = np.sqrt(np.geomspace(0.2, 5, 5))
    design, test_design = random.standard_normal((20, 5)) * scale, random.standard_normal((50, 5)) * scale
    problem = smoothers.ridge_problem(
        design, random.standard_normal(5), test_design, penalty=2.0, noise_variance=0.5
    )  # fmt: skip
    errors = kernel_ridge(Accumulate(), 6, problem, num_replicas=20_000, seed=11)
    expected = smoothers.smoother_error_curve(Accumulate(), 6, problem).values[-1]
    return measurement("ridge, lambda = 2, accumulate, T = 20, d = 5, n = 6", expected, errors[-1])


def _ols(policy: Policy, expected: float, *, fresh_design: bool = False) -> Measurement:
    """Measure the test error of iteration 10 in units of iteration 1's."""
    fitted = least_squares(
        policy, N, num_examples=T, covariance=np.eye(D), fresh_design=fresh_design, num_replicas=1500, seed=2
    )
    rows = "new rows" if fresh_design else "one design"
    errors = (fitted[-1] ** 2).sum(axis=1) / regression.ols_test_error(T, D)
    return measurement(f"{rows}, {OLS}, n = {N}", expected, errors)


def _mean(
    setting: str, policy: Policy, num_iterations: int, expected: float, *, num_examples: int = 10,
    num_replicas: int = 30_000,
) -> Measurement:  # fmt: skip
    """Measure the error of an estimated mean in units of s^2 / T; whole sources weigh as much as their examples."""
    num_real = num_iterations if isinstance(policy, Schedule) else 1
    means, _ = moments(
        policy, num_iterations, num_examples=num_examples, num_replicas=num_replicas, seed=6, num_real=num_real
    )
    return measurement(f"mean, {setting}, T = {num_examples}", expected, num_examples * means[-1] ** 2)


def _fresh_batches(weight: float) -> Schedule:
    """Return fresh real batches of one T and the latest synthetic T, where the real data weigh `weight`."""
    rows: list[tuple[Share, ...]] = [(Share(0),)]
    for n in range(1, N):
        rows.append((Share(0, start=float(n)), Share(n, weight=(1 - weight) / weight)))
    return Schedule(tuple(rows))


@cache
def _first_fits() -> np.ndarray:
    """Return OLS fits of iteration 1, shape (replica, d)."""
    return least_squares(
        Replace(), 1, num_examples=T, covariance=COVARIANCE, fresh_design=True, num_replicas=6000, seed=3
    )[0]

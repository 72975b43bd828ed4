"""Simulations of the results on statistical families; a function has the name of the result it checks."""

from functools import cache

import numpy as np

from genloop.paper.simulate import moments
from genloop.paper.simulate_discrete import kernels
from genloop.policies import Accumulate, Fresh, Policy, Replace
from genloop.study.measurement import Measurement, measurement
from genloop.theory import statistics

SIZE, STEPS = 20, 20
GAUSSIAN = f"Gaussian, n = {SIZE}, t = {STEPS}"
MANY = 2000  # examples, where the theory has infinitely many


def variance_replace() -> Measurement:
    expected = statistics.variance_replace(STEPS, num_examples=SIZE).values[-1]
    return measurement(GAUSSIAN, expected, _maximum_likelihood()[1][-1])


def mean_error_replace() -> Measurement:
    expected = statistics.mean_error_replace(STEPS, num_examples=SIZE).values[-1]
    return measurement(GAUSSIAN, expected, _maximum_likelihood()[0][-1] ** 2)


def variance_accumulate() -> Measurement:
    _, variance = _gaussian(Accumulate(), STEPS, num_examples=SIZE, num_replicas=15_000, seed=2)
    expected = statistics.variance_accumulate(STEPS, num_examples=SIZE).values[-1]
    return measurement(GAUSSIAN, expected, variance[-1])


def variance_accumulate_limit() -> Measurement:
    _, variance = _gaussian(Accumulate(), 100, num_examples=5, num_replicas=5000, seed=3)
    return measurement("Gaussian, n = 5, t = 100", statistics.variance_accumulate_limit(5), variance[-1])


def mean_error_unbiased() -> Measurement:
    expected = statistics.mean_error_unbiased(STEPS, num_examples=SIZE).values[-1]
    return measurement(GAUSSIAN, expected, _unbiased()[0][-1] ** 2)


def deviation_unbiased() -> Measurement:
    expected = statistics.deviation_unbiased(STEPS, num_examples=SIZE).values[-1]
    return measurement(GAUSSIAN, expected, np.sqrt(_unbiased()[1][-1]))


def median_variance_unbiased() -> Measurement:
    expected = statistics.median_variance_unbiased(STEPS, num_examples=SIZE).values[-1]
    return measurement(f"its logarithm, {GAUSSIAN}", np.log(expected), np.log(_unbiased()[1][-1]))


def narrowed_replace() -> Measurement:
    expected = statistics.narrowed_replace(6, narrowing=0.5).values[-1]
    return measurement(*_many("tau = 0.5, t = 6", expected, _narrowed(Replace(), 6)))


def narrowed_accumulate() -> Measurement:
    expected = statistics.narrowed_accumulate(10, narrowing=0.5).values[-1]
    return measurement(*_many("tau = 0.5, t = 10", expected, _narrowed(Accumulate(), 10)))


def narrowed_fresh_limit() -> Measurement:
    expected = statistics.narrowed_fresh_limit(0.1, 0.5)
    return measurement(*_many("a = 0.1, tau = 0.5, t = 20", expected, _narrowed(Fresh(0.1), 20)))


def variance_fresh_limit() -> Measurement:
    _, variance = _gaussian(Fresh(0.1), 40, num_examples=50, num_replicas=10_000, seed=5, num_real=5.0)
    return measurement("a = 0.1, n = 50, t = 40", statistics.variance_fresh_limit(0.1, 50), variance[-1])


def least_fresh_share() -> Measurement:
    """A loss of 1/9 at n = 200 asks for 4 fresh examples in 200."""
    share = statistics.least_fresh_share(1 / 9, 200)
    _, variance = _gaussian(Fresh(share), 150, num_examples=200, num_replicas=2500, seed=6, num_real=4.0)
    return measurement("1 - loss at a = 0.02, n = 200, t = 150", 8 / 9, variance[-1])


def kde_replace() -> Measurement:
    expected = statistics.kde_replace(8, bandwidth=0.5).values[-1]
    variance = kernels(Replace(), 8, bandwidth=0.5, num_examples=MANY, num_replicas=200, seed=7)[-1]
    return measurement(*_many("h = 0.5, t = 8", expected, variance))


def kde_accumulate() -> Measurement:
    expected = statistics.kde_accumulate(8, bandwidth=0.5).values[-1]
    variance = kernels(Accumulate(), 8, bandwidth=0.5, num_examples=MANY, num_replicas=200, seed=8)[-1]
    return measurement(*_many("h = 0.5, t = 8", expected, variance))


def _gaussian(policy: Policy, num_iterations: int, *, num_real: float = 1.0, **sizes: int) -> tuple[np.ndarray, ...]:
    """Return means and variances of a Gaussian in a loop, both (iteration, replica)."""
    return moments(policy, num_iterations, sampled_variance=lambda fitted: fitted, num_real=num_real, **sizes)


def _narrowed(policy: Policy, num_iterations: int) -> np.ndarray:
    """Return the last variances where samples have half the fitted variance, (replica,)."""
    _, variance = moments(
        policy, num_iterations, num_examples=MANY, num_replicas=150, seed=4, sampled_variance=lambda v: 0.5 * v,
        num_real=3.0,
    )  # fmt: skip
    return variance[-1]


def _many(setting: str, expected: float, replicas: np.ndarray) -> tuple[str, float, np.ndarray]:
    return f"{setting}, {MANY} examples", expected, replicas


@cache
def _maximum_likelihood() -> tuple[np.ndarray, ...]:
    return _gaussian(Replace(), STEPS, num_examples=SIZE, num_replicas=30_000, seed=1)


@cache
def _unbiased() -> tuple[np.ndarray, np.ndarray]:
    correction = SIZE / (SIZE - 1)
    means, variances = moments(
        Replace(), STEPS, num_examples=SIZE, num_replicas=20_000, seed=9, num_real=1.0,
        sampled_variance=lambda fitted: correction * fitted,
    )  # fmt: skip
    return means, correction * variances

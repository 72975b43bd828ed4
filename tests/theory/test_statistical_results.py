"""Results on statistical families against simulated loops, each mean within 4 of its standard errors."""

import numpy as np
import pytest
from simulations import within

from genloop.paper.simulate import moments
from genloop.paper.simulate_discrete import kernels, tables
from genloop.policies import Accumulate, AccumulateSubsample, Fresh, Replace
from genloop.theory import statistics
from genloop.theory.propagate import fitted_moments

SIZE, STEPS = 20, 20


def unbiased(fitted):
    return fitted * SIZE / (SIZE - 1)


@pytest.mark.parametrize(
    ("policy", "variance"),
    [(Replace(), statistics.variance_replace), (Accumulate(), statistics.variance_accumulate)],
    ids=["replace", "accumulate"],
)
def test_maximum_likelihood_variance(policy, variance):
    _, fitted = moments(
        policy, STEPS, num_examples=SIZE, num_replicas=20_000, seed=1, sampled_variance=lambda v: v, num_real=1.0
    )
    assert within(fitted, variance(STEPS, num_examples=SIZE).values)


def test_maximum_likelihood_mean_saturates():
    means, _ = moments(
        Replace(), STEPS, num_examples=SIZE, num_replicas=4000, seed=2, sampled_variance=lambda v: v, num_real=1.0
    )
    assert within(means**2, statistics.mean_error_replace(STEPS, num_examples=SIZE).values)


def test_unbiased_variance_narrows_all_the_same():
    """Standard deviation, mean and geometric mean of the variance; the median within 5 %, as 20 steps are few."""
    means, fitted = moments(
        Replace(), STEPS, num_examples=SIZE, num_replicas=20_000, seed=3, sampled_variance=unbiased, num_real=1.0
    )
    variance = unbiased(fitted)
    median = statistics.median_variance_unbiased(STEPS, num_examples=SIZE).values
    assert within(np.sqrt(variance), statistics.deviation_unbiased(STEPS, num_examples=SIZE).values)
    assert within(np.log(variance), np.log(median))
    assert within(means[:10] ** 2, statistics.mean_error_unbiased(10, num_examples=SIZE).values)
    assert np.median(variance[-1]) == pytest.approx(median[-1], rel=0.05)


def test_three_examples_have_a_known_geometric_mean():
    """psi(1) is minus the constant of Euler and Mascheroni."""
    values = statistics.median_variance_unbiased(1, num_examples=3).values
    assert values[0] == pytest.approx(np.exp(-np.euler_gamma), rel=1e-10)


@pytest.mark.parametrize("num_examples", [5, 20])
def test_accumulated_variance_stays_above_its_limit(num_examples):
    values = statistics.variance_accumulate(20_000, num_examples=num_examples).values
    limit = statistics.variance_accumulate_limit(num_examples)
    assert values[-1] > limit
    assert values[-1] == pytest.approx(limit, abs=1e-4)


@pytest.mark.parametrize(
    ("policy", "diversity"),
    [(Replace(), statistics.variance_replace), (Accumulate(), statistics.variance_accumulate)],
    ids=["replace", "accumulate"],
)
def test_discrete_tables_lose_diversity_like_gaussians_lose_variance(policy, diversity):
    """1 - sum p^2 over its real value: five items, n = 20, 4000 replicas."""
    real = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    fitted = tables(policy, STEPS, probabilities=real, num_examples=SIZE, num_replicas=4000, seed=4)
    simulated = (1 - (fitted**2).sum(axis=-1)) / (1 - (real**2).sum())
    assert within(simulated, diversity(STEPS, num_examples=SIZE).values)


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), Fresh(0.25), AccumulateSubsample()], ids=str)
def test_narrowed_sampler(policy):
    """tau = 0.5 at T = 20, where sampling loses variance as well."""
    _, fitted = moments(
        policy, 8, num_examples=SIZE, num_replicas=4000, seed=5, sampled_variance=lambda v: 0.5 * v, num_real=4.0
    )
    assert within(fitted, fitted_moments(policy, 8, num_examples=SIZE, narrowing=0.5).variance.values)


def test_clipped_sampler_collapses_under_accumulate_too():
    """Draws beyond 1.5 standard deviations are drawn again, which keeps 0.5516 of the variance; T = 4000."""
    random = np.random.default_rng(6)
    clipped = random.standard_normal((12, 1_000_000))
    clipped = clipped[np.abs(clipped) < 1.5]
    narrowing = clipped.var()
    pool, fitted = [random.standard_normal((25, 4000))], []
    for _ in range(10):
        data = np.concatenate(pool, axis=1)
        mean, deviation = data.mean(axis=1, keepdims=True), data.std(axis=1, keepdims=True)
        pool.append(mean + deviation * random.choice(clipped, size=(25, 4000)))
        fitted.append(deviation[:, 0] ** 2)
    assert narrowing == pytest.approx(0.5516, abs=2e-3)
    assert within(np.array(fitted), statistics.narrowed_accumulate(10, narrowing=float(narrowing)).values)
    assert statistics.narrowed_replace(10, narrowing=float(narrowing)).values[-1] < 0.006


@pytest.mark.parametrize("narrowing", [0.3, 0.5, 0.9])
def test_narrowed_accumulate_falls_like_a_power(narrowing):
    values = statistics.narrowed_accumulate(20_000, narrowing=narrowing).values
    assert np.log2(values[-1] / values[9_999]) == pytest.approx(-(1 - narrowing), abs=1e-4)


@pytest.mark.parametrize("policy", [Replace(), Accumulate()], ids=str)
def test_kernel_density_widens(policy):
    """A kernel density draws a training example and adds noise: h = 0.5, T = 100, 2000 replicas."""
    simulated = kernels(policy, 12, bandwidth=0.5, num_examples=100, num_replicas=2000, seed=7)
    predicted = fitted_moments(policy, 12, num_examples=100, bandwidth=0.5).variance.values
    assert within(simulated, predicted)


def test_least_fresh_share_keeps_the_variance():
    for num_examples in (200, 2000):
        share = statistics.least_fresh_share(0.1, num_examples)
        assert statistics.variance_fresh_limit(share, num_examples) == pytest.approx(0.9, abs=2 / num_examples)

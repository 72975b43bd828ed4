"""The engine against closed forms to rounding, and against simulation of random schedules within 4 standard errors."""

import numpy as np
import pytest
from dense import dense_errors
from hypothesis import given, settings
from hypothesis import strategies as st
from simulations import Table, within

from genloop.errors import UserError
from genloop.paper.simulate import moments
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Mixture,
    Replace,
    ReplaceMultiple,
    Share,
    Window,
    schedule_from_rows,
)
from genloop.theory import regression, statistics
from genloop.theory.fresh_design import exact_ols_error_curve, fresh_design_error_curve
from genloop.theory.fresh_growth import fresh_design_growth
from genloop.theory.pieces import cut_into_pieces, training_sets
from genloop.theory.propagate import error_curve, fitted_moments, propagated
from genloop.theory.simulated_design import predicted_error_curve
from genloop.theory.solve import smallest_real_share

N = 40
ROUNDING = 1e-12  # relative; float64 keeps 16 digits over at most 40 iterations


def weighted_fresh(weight, ratio):
    """Fresh real batches of one T and synthetic batches of 1 / ratio T, where the real data weigh `weight`."""
    per_example = (1 - weight) * ratio / weight
    rows = (
        (Share(0, start=float(n)), *([Share(n, 1 / ratio, weight=per_example)] if n else [])) for n in range(N)
    )  # fmt: skip
    return Table(tuple(Mixture(row) for row in rows))


@pytest.mark.parametrize(
    ("policy", "published"),
    [
        (Replace(), regression.replace(N)),
        (Accumulate(), regression.accumulate(N)),
        (ReplaceMultiple(), regression.replace_multiple(N)),
        (AccumulateSubsample(), regression.accumulate_subsample(N)),
        (Augment(), regression.fixed_real(N)),
        (Window(1), regression.replace(N)),
        (Window(N), regression.accumulate(N)),
        (weighted_fresh(0.5, 1.0), regression.fresh_real(N)),
        (weighted_fresh(0.7, 2.0), regression.fresh_real(N, weight=0.7, ratio=2.0)),
    ],
    ids=[
        "replace",
        "accumulate",
        "replace-multiple",
        "accumulate-subsample",
        "augment",
        "window of one",
        "window of all",
        "fresh",
        "weighted fresh",
    ],
)
def test_reused_design_equals_published_result(policy, published):
    np.testing.assert_allclose(error_curve(policy, N).values, published.values, rtol=ROUNDING)


@pytest.mark.parametrize("num_examples", [np.inf, 30])
@pytest.mark.parametrize(
    "policy",
    [
        Accumulate(),
        Accumulate(0.5),
        AccumulateSubsample(),
        ReplaceMultiple(),
        Augment(0.3),
        Fresh(0.3),
        Fresh(0.5, 0.618),
        Mix(0.01),
        *map(Window, (2, 7, 90, 110, 300)),
    ],
    ids=str,
)
def test_running_sums_equal_dense_linear_algebra(policy, num_examples):
    mixtures = training_sets(policy, 200)
    expected = dense_errors(mixtures, num_examples)
    np.testing.assert_allclose(propagated(mixtures, num_examples).error, expected, rtol=ROUNDING)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.lists(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 6), st.sampled_from([0, 1e-30, 1e-6, 1, 1e6])))))
def test_weights_of_any_size_equal_dense_linear_algebra(rows):
    """Where weights of 10^6 leave and 10^-30 stay, running sums begin anew."""
    mixtures = [Mixture([Share(0)])]
    for row in rows:
        kept = [Share(max(0, len(mixtures) - 1 - lag), size / 2, weight) for lag, size, weight in row]
        mixtures.append(Mixture([*mixtures[-1].shares, *kept, Share(0)][-6:]))
    expected = dense_errors(mixtures)
    np.testing.assert_allclose(propagated(mixtures).error, expected, rtol=1e-9)


def test_a_draw_of_one_example_is_one_of_its_sources():
    """T = 1: the draw has the mean error of the real example and of all models so far, with the noise of one each."""
    errors = error_curve(AccumulateSubsample(), 3, num_examples=1).values
    np.testing.assert_allclose(errors, [1, (1 + 2) / 2, (1 + 2 + 2.5) / 3], rtol=ROUNDING)


@pytest.mark.parametrize(
    ("policy", "tenth"),
    [(Replace(), 10), (Accumulate(), 1.549768), (ReplaceMultiple(), 2.928968), (Augment(), 1.333332)],
    ids=str,
)
def test_tenth_iteration_is_the_known_number(policy, tenth):
    assert error_curve(policy, 10).values[-1] == pytest.approx(tenth, abs=5e-7)


@pytest.mark.parametrize(
    ("policy", "published"),
    [
        (Replace(), regression.replace(N)),
        (Accumulate(), regression.accumulate_fresh_design(N, num_examples=60, dimension=10)),
        (ReplaceMultiple(), regression.replace_multiple_fresh_design(N, num_examples=60, dimension=10)),
    ],
    ids=["replace", "accumulate", "replace-multiple"],
)
def test_fresh_design_equals_closed_form(policy, published):
    curve = fresh_design_error_curve(policy, N, num_examples=60, dimension=10)
    assert curve.basis.exact.startswith("every T and d")
    np.testing.assert_allclose(curve.values, published.values, rtol=ROUNDING)


@pytest.mark.parametrize("policy", [Augment(), Window(3), Mix(0.5), AccumulateSubsample()], ids=str)
def test_fresh_design_without_closed_form_says_so(policy):
    curve = fresh_design_error_curve(policy, 10, num_examples=60, dimension=10)
    assert curve.basis.exact.startswith("only as d / T goes to 0")
    np.testing.assert_array_equal(curve.values, error_curve(policy, 10).values)


@pytest.mark.parametrize(
    ("policy", "simulated", "error"),
    [(Augment(), 1.343, 0.009), (Fresh(0.5), 1.441, 0.009), (Window(3), 2.925, 0.017), (Mix(0.5), 3.320, 0.025)],
    ids=str,
)
def test_simulated_designs_agree_with_row_by_row_simulation(policy, simulated, error):
    """T = 60, d = 10, iteration 10: 6000 replicas of rows, in docs/theory.md."""
    curve = predicted_error_curve(policy, 10, num_examples=60, dimension=10)
    assert curve.standard_error is not None
    assert abs(curve.values[-1] - simulated) < 4 * np.hypot(curve.standard_error[-1], error)


def test_a_simulated_ratio_is_as_uncertain_as_both_of_its_parts():
    """The first is 1 for sure. Of errors e_t and e_1 without a correlation the variance is (v_t + r^2 v_1) / e_1^2."""
    curve = predicted_error_curve(Fresh(0.5, 0.618), 5, num_examples=60, dimension=5)
    relative = np.sqrt(2 / 5) * curve.values / np.sqrt(4000)  # of chi-squared errors in 5 directions; rows add a little
    assert curve.standard_error[0] == 0
    expected = np.sqrt(relative[-1] ** 2 + curve.values[-1] ** 2 * relative[0] ** 2)
    assert 1.0 * expected < curve.standard_error[-1] < 1.3 * expected


def test_exact_curves_are_not_simulated():
    curve = predicted_error_curve(Accumulate(), N, num_examples=60, dimension=10)
    assert curve.standard_error is None
    published = regression.accumulate_fresh_design(N, num_examples=60, dimension=10)
    np.testing.assert_allclose(curve.values, published.values, rtol=ROUNDING)
    growth = fresh_design_growth(Accumulate(), curve, num_examples=60, dimension=10)
    far = regression.accumulate_fresh_design(200_000, num_examples=60, dimension=10).values[-1]
    rest = 49 / 60 / 200_000  # of a sum that falls like (T - d - 1) / (T i^2)
    assert growth.limit == pytest.approx(far + rest, rel=1e-9)


@pytest.mark.parametrize(
    ("policy", "law"),
    [(Mix(0.5), "bounded"), (Fresh(0.05), "bounded"), (Mix(0.1), "unsettled"), (Window(3), "linear")],
    ids=str,
)
def test_too_few_lasting_real_rows_give_no_bound(policy, law):
    """T = 60, d = 10: six real rows leave four directions free, in which nothing holds the error."""
    curve = predicted_error_curve(policy, 5, num_examples=60, dimension=10)
    assert fresh_design_growth(policy, curve, num_examples=60, dimension=10).law == law


@pytest.mark.parametrize(
    ("policy", "rows", "is_known"),
    [
        (Accumulate(), 60, True),
        (Accumulate(), None, True),
        (ReplaceMultiple(), 60, True),
        (ReplaceMultiple(), 90, False),  # 2 T rows are no copies of the first T of 90
        (Mix(0.5), 60, False),
        (Mix(0.5), None, False),
        (Augment(), 60, True),
        (Augment(), None, False),
        (AccumulateSubsample(), 60, False),
        (schedule_from_rows([[2], [0, 1], [0, 0, 1]]), 60, False),
    ],
    ids=str,
)
def test_only_what_holds_at_its_size_is_drawn(policy, rows, is_known):
    curve = exact_ols_error_curve(policy, 3, num_examples=60, dimension=10, design_rows=rows)
    assert (curve is not None) == is_known
    if curve is not None:
        assert curve.values[0] == pytest.approx(10 / 49)


def test_nothing_is_drawn_of_a_fit_without_expected_error():
    assert exact_ols_error_curve(Accumulate(), 5, num_examples=11, dimension=10, design_rows=11) is None


def test_fresh_design_without_enough_rows_is_refused():
    with pytest.raises(UserError, match="Iteration 1 fits 10 parameters to 11 examples"):
        fresh_design_error_curve(Accumulate(), 5, num_examples=11, dimension=10)


def test_real_data_beside_a_window_are_enough():
    """Real and the last three synthetic sources, equally weighted: the error ends at 1.6."""
    rows = (Mixture([Share(0), *map(Share, range(max(1, n - 3), n))]) for n in range(1, N + 1))
    assert error_curve(Table(tuple(rows)), N).values[-1] == pytest.approx(1.6, abs=1e-5)


@pytest.mark.parametrize("size", [1, 2, 3, 5, 10])
def test_window_grows_with_the_published_slope(size):
    steps = np.diff(error_curve(Window(size), 400).values)
    assert steps[-1] == pytest.approx(regression.window_slope(size), rel=1e-9)


@pytest.mark.parametrize("sizes", [[1] * 20, list(range(1, 21)), [2**i for i in range(20)], [3, 1, 4, 1, 5]])
def test_schedules_equal_published_sums(sizes):
    latest = schedule_from_rows([{i: size} for i, size in enumerate(sizes)])
    everything = schedule_from_rows([list(sizes[: i + 1]) for i in range(len(sizes))])
    np.testing.assert_allclose(
        error_curve(latest, len(sizes)).values, regression.replace_schedule(sizes).values, rtol=ROUNDING
    )
    np.testing.assert_allclose(
        error_curve(everything, len(sizes)).values, regression.accumulate_schedule(sizes).values, rtol=ROUNDING
    )


@pytest.mark.parametrize(
    ("sizes", "last"), [([1] * 30, 1.620), (list(range(1, 31)), 1.419), ([2**i for i in range(30)], 1.372)]
)
def test_accumulate_schedules_reach_known_numbers(sizes, last):
    everything = regression.accumulate_schedule(sizes).values
    assert everything[-1] == pytest.approx(last, abs=0.02)


def test_mix_reads_the_same_real_part_and_fresh_a_new_one():
    """Limits (3 - 2a) / (a (2 - a)) and 1 / (a (2 - a)): the same part brings back the same noise."""
    real = 0.5
    reused, renewed = (error_curve(policy(real), 100).values[-1] for policy in (Mix, Fresh))
    assert reused == pytest.approx((3 - 2 * real) / (real * (2 - real)), rel=ROUNDING)
    assert renewed == pytest.approx(1 / (real * (2 - real)), rel=ROUNDING)


# Random policies. Sizes are quarters, so that a simulation with T = 8 holds whole examples.

quarters = st.integers(1, 6).map(lambda quarter: quarter / 4)
starts = st.integers(0, 4).map(lambda quarter: quarter / 4)


@st.composite
def mixtures(draw, iteration, *, equal_weights=False):
    sources = draw(st.lists(st.integers(0, iteration - 1), min_size=1, max_size=4))
    weights = st.just(1.0) if equal_weights else st.sampled_from([0.5, 1.0, 3.0])
    return Mixture([Share(source, draw(quarters), draw(weights), draw(starts)) for source in sources])


@st.composite
def policies(draw, num_iterations=4):
    """Shares overlap within and across iterations; a third of the training sets are uniform draws."""
    rows = []
    for iteration in range(1, num_iterations + 1):
        if draw(st.integers(0, 2)):
            rows.append(draw(mixtures(iteration)))
        else:
            union = draw(mixtures(iteration, equal_weights=True))
            rows.append(Mixture(union.shares, draw=union.size * draw(st.sampled_from([0.5, 1.0]))))
    return Table(tuple(_whole_draw(row) for row in rows))


def _whole_draw(mixture):
    draw = mixture.draw if mixture.draw is None else max(1, round(mixture.draw * 8)) / 8
    return Mixture(mixture.shares, draw)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(policies())
def test_random_policies_agree_with_simulation(policy):
    """Mean error of known noise at T = 8, 2000 replicas; the seed is fixed and so is hypothesis."""
    means, _ = moments(policy, 4, num_examples=8, num_replicas=2000, seed=1)
    predicted = error_curve(policy, 4, num_examples=8).values
    first = error_of_iteration_1(policy, num_examples=8)
    assert within(8 * means**2, predicted * first)


def error_of_iteration_1(policy, *, num_examples):
    """In units of s^2 / T: real examples counted with their weights; a draw loses what the union leaves out."""
    mixture = policy.training_set(1)
    weight = np.zeros(round(policy.supply * num_examples))
    for share in mixture.shares:
        weight[round(share.start * num_examples) : round((share.start + share.amount) * num_examples)] += share.weight
    union = (weight**2).sum() / weight.sum() ** 2
    if mixture.draw is None:
        return num_examples * union
    size, drawn = sum(share.amount for share in mixture.shares) * num_examples, mixture.draw * num_examples
    return num_examples * (union + (1 / drawn - 1 / size) * (1 - union) * size / (size - 1))


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), Fresh(0.5, 0.7), Mix(0.25)], ids=str)
def test_unbiased_moments_agree_with_simulation(policy):
    """Divisor n - 1, or sum w - sum w^2 / sum w: T = 8, 20000 replicas, iterations 1 to 4."""
    means, variances = unbiased_loops(policy, 4, num_examples=8, num_replicas=20_000)
    predicted = fitted_moments(policy, 4, num_examples=8, unbiased=True)
    assert within(means**2, predicted.mean_error.values)
    assert within(variances, predicted.variance.values)


def unbiased_loops(policy, num_iterations, *, num_examples, num_replicas):
    random = np.random.default_rng(4)
    sources = [random.standard_normal((num_replicas, 8 * num_examples))]
    means, variances = [], []
    for iteration in range(1, num_iterations + 1):
        shares = policy.training_set(iteration).shares
        ends = [(round(s.start * num_examples), round((s.start + s.amount) * num_examples)) for s in shares]
        values = np.hstack([sources[s.source][:, first:end] for s, (first, end) in zip(shares, ends, strict=True)])
        weight = np.concatenate([np.full(end - first, s.weight) for s, (first, end) in zip(shares, ends, strict=True)])
        mean = values @ weight / weight.sum()
        divisor = weight.sum() - weight @ weight / weight.sum()
        variance = (values - mean[:, None]) ** 2 @ weight / divisor
        noise = random.standard_normal((num_replicas, 2 * num_examples))
        sources.append(mean[:, None] + np.sqrt(variance)[:, None] * noise)
        means.append(mean)
        variances.append(variance)
    return np.array(means), np.array(variances)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(policies(), st.sampled_from([1.0, 0.5]), st.sampled_from([0.0, 0.5]))
def test_random_policies_agree_on_fitted_mean_and_variance(policy, narrowing, bandwidth):
    """Both moments of a fitted Gaussian with a narrowed or widened sampler at T = 8, 2000 replicas."""
    means, variances = moments(
        policy, 4, num_examples=8, num_replicas=2000, seed=2, sampled_variance=lambda v: narrowing * v + bandwidth**2
    )
    predicted = fitted_moments(policy, 4, num_examples=8, narrowing=narrowing, bandwidth=bandwidth)
    assert within(means**2, predicted.mean_error.values)
    assert within(variances, predicted.variance.values)


def test_weighted_draws_agree_as_examples_grow():
    """A weighted draw is exact to leading order in 1 / T only: T = 200, 4000 replicas."""
    unequal = Mixture([Share(0, weight=10.0), Share(1)], draw=0.5)
    policy = Table((Mixture([Share(0)]), unequal), supply=1.0)
    means, _ = moments(policy, 2, num_examples=200, num_replicas=4000, seed=3, num_real=1.0)
    assert within(200 * means**2, error_curve(policy, 2).values)


@settings(max_examples=50, deadline=None)
@given(policies())
def test_weights_sum_to_one(policy):
    pieces = cut_into_pieces(training_sets(policy, 4))
    np.testing.assert_allclose(pieces.weights.sum(axis=1), 1, rtol=ROUNDING)
    np.testing.assert_allclose(pieces.density @ pieces.length, 1, rtol=ROUNDING)


@settings(max_examples=50, deadline=None)
@given(policies(), st.sampled_from([0.1, 2.0, 30.0]))
def test_amounts_have_no_unit(policy, scale):
    def scaled(mixture):
        shares = [Share(s.source, scale * s.amount, s.weight, scale * s.start) for s in mixture.shares]
        return Mixture(shares, None if mixture.draw is None else scale * mixture.draw)

    larger = Table(tuple(map(scaled, policy.mixtures)), supply=scale * policy.supply)
    np.testing.assert_allclose(error_curve(larger, 4).values, error_curve(policy, 4).values, rtol=ROUNDING)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.1, 10), min_size=1, max_size=12))
def test_accumulate_is_never_above_replace(sizes):
    latest, everything = regression.replace_schedule(sizes).values, regression.accumulate_schedule(sizes).values
    assert np.all(everything <= latest * (1 + ROUNDING))


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(0, 1000))
def test_windows_reach_from_replace_to_accumulate(num_iterations, beyond):
    one, all_sources = (error_curve(Window(size), num_iterations).values for size in (1, num_iterations + beyond))
    np.testing.assert_array_equal(one, error_curve(Replace(), num_iterations).values)
    np.testing.assert_array_equal(all_sources, error_curve(Accumulate(), num_iterations).values)
    assert np.all(all_sources <= one)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 30), st.integers(1, 30))
def test_schedules_of_equal_amounts_are_accumulate(num_iterations, amount):
    """Ones, and any other amount, as amounts have no unit."""
    equal = schedule_from_rows([[amount] * n for n in range(1, num_iterations + 1)])
    accumulated = error_curve(Accumulate(), num_iterations).values
    np.testing.assert_allclose(error_curve(equal, num_iterations).values, accumulated, rtol=ROUNDING)


# The variance of statistical families.


@pytest.mark.parametrize("num_examples", [2, 20])
@pytest.mark.parametrize(
    ("policy", "published"),
    [(Replace(), statistics.variance_replace), (Accumulate(), statistics.variance_accumulate)],
    ids=["replace", "accumulate"],
)
def test_fitted_variance_equals_published_result(policy, published, num_examples):
    fitted = fitted_moments(policy, N, num_examples=num_examples)
    np.testing.assert_allclose(fitted.variance.values, published(N, num_examples=num_examples).values, rtol=ROUNDING)


def test_fitted_mean_equals_published_result():
    fitted = fitted_moments(Replace(), N, num_examples=20)
    published = statistics.mean_error_replace(N, num_examples=20)
    np.testing.assert_allclose(fitted.mean_error.values, published.values, rtol=ROUNDING)


@pytest.mark.parametrize(
    ("policy", "published", "sampler"),
    [
        (Replace(), statistics.narrowed_replace, {"narrowing": 0.5}),
        (Accumulate(), statistics.narrowed_accumulate, {"narrowing": 0.5}),
        (Replace(), statistics.kde_replace, {"bandwidth": 0.3}),
        (Accumulate(), statistics.kde_accumulate, {"bandwidth": 0.3}),
    ],
    ids=["narrowed replace", "narrowed accumulate", "kernel density replace", "kernel density accumulate"],
)
def test_changed_sampler_equals_published_result(policy, published, sampler):
    fitted = fitted_moments(policy, N, num_examples=np.inf, **sampler)
    np.testing.assert_allclose(fitted.variance.values, published(N, **sampler).values, rtol=ROUNDING)


@pytest.mark.parametrize(("real", "narrowing"), [(0.1, 0.5), (0.3, 0.9)])
def test_fresh_real_data_hold_the_variance(real, narrowing):
    sampler = fitted_moments(Fresh(real), 400, num_examples=np.inf, narrowing=narrowing).variance.values[-1]
    finite = fitted_moments(Fresh(real), 400, num_examples=50)
    assert sampler == pytest.approx(statistics.narrowed_fresh_limit(real, narrowing), rel=1e-9)
    assert finite.variance.values[-1] == pytest.approx(statistics.variance_fresh_limit(real, 50), rel=1e-9)
    assert finite.mean_error.values[-1] == pytest.approx(1 - statistics.variance_fresh_limit(real, 50), rel=1e-9)


# Inversion.


def test_least_real_share_solves_the_closed_form():
    """Limits of mix and fresh set to 1.1 and solved for the share."""
    mix = smallest_real_share(lambda real: error_curve(Mix(real), 60), max_increase=0.1)
    fresh = smallest_real_share(lambda real: error_curve(Fresh(real), 60), max_increase=0.1)
    assert mix == pytest.approx((4.2 - np.sqrt(4.44)) / 2.2, abs=2e-6)
    assert fresh == pytest.approx(1 - np.sqrt(1 - 1 / 1.1), abs=2e-6)


def test_no_real_share_is_none():
    assert smallest_real_share(lambda real: error_curve(Mix(real), 20), max_increase=0.0) is None


def test_data_that_do_not_exist_are_refused():
    with pytest.raises(UserError, match="which model 1 has not generated yet"):
        error_curve(Table((Mixture([Share(1)]),)), 1)


def test_partial_sums_of_the_subsample_reach_their_limit():
    values = regression.accumulate_subsample(100_000).values
    assert values[-1] == pytest.approx(np.pi**2 / 2 - 2, abs=1e-4)

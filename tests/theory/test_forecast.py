"""Forecasts against curves of known laws: the law is found, and 90 % intervals hold nine values in ten.

Coverage is judged within 4 standard errors over independent curves; the values of one curve are not independent.
"""

from collections.abc import Callable

import numpy as np
import pytest

from genloop.analysis.expected import Expected
from genloop.analysis.forecast import Forecast, forecast
from genloop.errors import UserError
from genloop.paper.simulate import moments
from genloop.policies import Accumulate, Augment, Mix, Replace, ReplaceMultiple, Window
from genloop.theory.extrapolation import Lines
from genloop.theory.growth import Growth, growth_of
from genloop.theory.laws import LAWS, approach, constant, exponential, partial_sums, power
from genloop.theory.propagate import error_curve
from genloop.theory.student import student_log_density

CURVES: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "bounded": lambda n: np.cumsum(1 / n**2),
    "logarithmic": lambda n: np.cumsum(1 / n),
    "linear": lambda n: n,
    "power": np.sqrt,
    "exponential": lambda n: 1.35**n,
}


def of(values: np.ndarray, until: int) -> Forecast:
    return forecast(dict(enumerate(values.tolist(), start=1)), until)


def noisy(law: str, num: int, random: np.random.Generator, *, noise: float = 0.01) -> np.ndarray:
    """Return a curve that rises by about 1 a few times, with noise of its own at each iteration."""
    return 4.8 + CURVES[law](np.arange(1.0, num + 1)) + noise * random.normal(size=num)


@pytest.mark.parametrize("law", CURVES)
def test_every_law_is_found_in_its_own_curves(law):
    random = np.random.default_rng(1)
    found = [of(noisy(law, 20, random), 21).growth.law for _ in range(10)]
    assert found.count(law) >= 9


@pytest.mark.parametrize(
    "policy", [Replace(), Accumulate(), ReplaceMultiple(), Window(3), Augment()], ids=lambda policy: str(policy)
)
def test_the_laws_named_are_those_of_theory(policy):
    """Ten iterations of theory's own curve, whose law its structure says."""
    values = error_curve(policy, 10).values
    assert of(values, 20).growth.law == growth_of(policy).law


def test_limits_are_those_of_the_sums():
    assert of(np.cumsum(1 / np.arange(1.0, 11) ** 2), 11).growth.limit == pytest.approx(np.pi**2 / 6, abs=1e-3)
    assert of(3 - 0.5 ** np.arange(10), 11).growth.limit == pytest.approx(3, abs=1e-3)


def test_laws_begin_at_zero_and_say_where_they_end():
    iterations = np.arange(1.0, 100_001)
    for law in (constant(), partial_sums(2.0), partial_sums(3.0), approach(0.9)):
        assert law.rise(iterations)[0] == 0
        assert law.rise(iterations)[-1] == pytest.approx(law.end, abs=2e-5)  # sum 1/k^2 beyond 10^5 is 1e-5
    assert [law.name for law in map(power, (0.5, 1.0, 2.0))] == ["power", "linear", "power"]
    assert not any(law.is_accelerating for law in (power(0.5), power(1.0), partial_sums(1.0)))
    assert power(2.0).is_accelerating
    assert exponential(1.1).is_accelerating
    assert len({law.mechanism for law in LAWS}) == 7  # five laws, accelerating powers, and no change


@pytest.mark.parametrize("shown", [5, 10])
def test_intervals_hold_nine_values_in_ten(shown):
    """Of curves of all laws, shapes between those that are fitted, and noise that is inherited or not."""
    random, held = np.random.default_rng(2), []
    for number in range(80):
        num = 2 * shown
        noise = random.normal(size=num) * 0.1
        values = 5 + _between(number, num, random) + (np.cumsum(noise) if number % 2 else noise)
        points = of(values[:shown], num).points
        held.append(np.mean([point.low <= values[point.iteration - 1] <= point.high for point in points]))
    error = np.std(held, ddof=1) / len(held) ** 0.5
    assert np.mean(held) > 0.9 - 4 * error
    assert np.mean(held) < 1  # intervals that hold everything say nothing


def test_intervals_hold_errors_that_wander():
    """Squared lengths of random walks, which are the errors of single loops under replace.

    Of many, 0.89 is held, and 0.79 without the noise that grows; half way is 2 standard errors from either.
    """
    random = np.random.default_rng(9)
    walks = np.cumsum(random.normal(size=(120, 20, 10)), axis=1)
    held = []
    for values in np.sum(walks**2, axis=2):
        points = of(values[:10], 20).points
        held.append(np.mean([point.low <= values[point.iteration - 1] <= point.high for point in points]))
    assert np.mean(held) > 0.84


def test_intervals_know_that_the_law_is_not_known():
    """Five values may go on in a line or speed up, so more is open above than below; one law alone is symmetric."""
    end = of(np.array([4.776, 4.909, 4.977, 5.097, 5.174]), 12).points[-1]
    assert end.high - end.value > 1.3 * (end.value - end.low)


@pytest.mark.parametrize(
    ("policy", "shown", "until"), [(Mix(0.1), 8, 40), (Mix(0.02), 20, 60), (Window(3), 12, 40), (Replace(), 10, 40)],
    ids=str,
)  # fmt: skip
def test_intervals_hold_far_ahead_where_the_policy_is_known(policy, shown, until):
    """Errors averaged over 200 simulated loops, T = 50; 16 curves of each, judged within 4 standard errors."""
    num_curves, num_loops = 16, 200
    means, _ = moments(policy, until, num_examples=50, num_replicas=num_curves * num_loops, seed=10, num_real=1.0)
    curves = (means**2).reshape(until, num_curves, num_loops).mean(axis=2).T
    expected = Expected(error_curve(policy, until).values, growth_of(policy), is_of_metric=True)
    held = []
    for curve in curves:
        points = forecast(dict(enumerate(curve[:shown].tolist(), start=1)), until, expected=expected).points
        held.append(np.mean([point.low <= curve[point.iteration - 1] <= point.high for point in points]))
    assert np.mean(held) > 0.9 - 4 * np.sqrt(0.9 * 0.1 / num_curves)
    ends = [forecast(dict(enumerate(c[:shown].tolist(), start=1)), until, expected=expected).points[-1] for c in curves]
    truth = expected.values[-1] / 50
    assert np.median([abs(end.value - truth) / truth for end in ends]) < 0.2


def test_the_policys_own_curve_settles_what_a_short_one_does_not():
    """Twelve iterations of mix(real=0.02) look linear; the policy says that they are bounded, and where they end."""
    policy = Mix(0.02)
    random = np.random.default_rng(11)
    curve = error_curve(policy, 60).values
    seen = dict(enumerate((curve[:12] + 0.05 * random.normal(size=12)).tolist(), start=1))
    blind = forecast(seen, 60)
    known = forecast(seen, 60, expected=Expected(curve, growth_of(policy), is_of_metric=True))
    assert blind.growth.law == "linear"
    assert blind.points[-1].low > curve[-1]
    assert known.growth.law == "bounded"
    assert known.growth.limit == pytest.approx(growth_of(policy).limit, rel=0.1)
    assert known.points[-1].low < curve[-1] < known.points[-1].high


def test_what_theory_expects_gives_way_to_what_is_measured():
    """A policy that is bounded by theory, and a metric that rises by as much each time."""
    random = np.random.default_rng(12)
    seen = dict(enumerate((np.arange(20.0) + 0.05 * random.normal(size=20)).tolist(), start=1))
    bounded = Expected(error_curve(Accumulate(), 30).values, Growth("bounded", 0.0), is_of_metric=True)
    assert forecast(seen, 30, expected=bounded).growth.law == "linear"


def test_no_interval_leaves_the_bounds_of_its_value():
    falling = {n: 1 - 0.11 * n for n in range(1, 9)}
    points = forecast(falling, 30, bounds=(0.0, np.inf)).points
    assert points[-1].value == points[-1].low == 0
    assert forecast(falling, 30).points[-1].low < 0
    below = {n: value - 0.5 for n, value in falling.items()}  # measured below what can be: the least measured bounds
    assert forecast(below, 30, bounds=(0.0, 1.0)).points[-1].low == pytest.approx(min(below.values()))


def _between(number: int, num: int, random: np.random.Generator) -> np.ndarray:
    n, shape = np.arange(1.0, num + 1), random.random()
    amount = random.choice([-1, 1]) * random.uniform(0.2, 2)
    return (
        amount * np.cumsum(n ** -(1.5 + shape)), amount * np.log(n), 0.3 * amount * n, amount * n ** (0.3 + 0.5 * shape)
    )[number % 4]  # fmt: skip


def test_noise_alone_is_no_change():
    random = np.random.default_rng(3)
    found = [of(random.normal(size=12), 20) for _ in range(20)]
    assert all(each.growth.law in ("bounded", "unsettled") for each in found)
    assert sum(each.mechanism.startswith("nothing changes") for each in found) >= 15
    copies = of(np.zeros(5), 8)
    assert copies.mechanism.startswith("nothing changes")
    assert copies.points[-1].high == pytest.approx(0, abs=1e-4)


def test_intervals_grow_with_the_distance_and_the_noise():
    random = np.random.default_rng(4)
    widths = {}
    for noise in (0.01, 0.1):
        points = of(noisy("linear", 10, random, noise=noise), 20).points
        widths[noise] = [point.high - point.low for point in points]
        assert np.all(np.diff(widths[noise]) > 0)
        assert all(point.low < point.value < point.high for point in points)
    assert widths[0.1][-1] > 3 * widths[0.01][-1]


def test_the_value_is_what_matters_not_its_zero_or_unit():
    random = np.random.default_rng(5)
    curve = noisy("power", 10, random)
    plain, moved = of(curve, 15), of(-170 + 100 * curve, 15)
    assert moved.growth.law == plain.growth.law
    assert moved.points[-1].high == pytest.approx(-170 + 100 * plain.points[-1].high, rel=1e-4)


def test_missing_iterations_are_no_harm():
    curve = {n: 3.0 + n for n in (1, 2, 3, 5, 6, 9)}
    found = forecast(curve, 12)
    assert found.growth.law == "linear"
    assert [point.iteration for point in found.points] == [10, 11, 12]
    assert found.points[-1].value == pytest.approx(15, abs=1e-3)


def test_a_fall_never_speeds_up():
    found = of(5 - 1.35 ** np.arange(8), 20)
    assert found.weights["exponential"] == 0


def test_long_curves_and_far_ends_stay_finite():
    random = np.random.default_rng(6)
    point = of(noisy("logarithmic", 60, random), 300).points[-1]
    assert np.isfinite([point.low, point.value, point.high]).all()
    assert point.value == pytest.approx(4.8 + np.log(300) + 0.577, abs=0.3)


@pytest.mark.parametrize(
    ("num", "until", "message"),
    [(3, 10, "4 are needed"), (5, 5, "Ask for one between 6 and 300"), (5, 301, "Ask for one between 6 and 300")],
)
def test_what_cannot_be_forecast_is_one_sentence(num, until, message):
    with pytest.raises(UserError, match=message):
        of(np.arange(float(num)), until)


def test_a_random_walk_with_drift_has_the_textbook_prediction():
    """Last value plus h mean increments; variance s^2 (h + h^2 / (k - 1)) with s^2 of the increments."""
    random = np.random.default_rng(7)
    curve, ahead = np.cumsum(random.normal(0.5, 1.0, size=8)), np.arange(1.0, 5)
    iterations = np.arange(1.0, 13)
    design = np.stack([np.ones(12), iterations - 1], axis=1)
    found = Lines(curve, design[None], np.minimum.outer(iterations, iterations), 1e-9).extrapolate()
    steps = np.diff(curve)
    assert found.centre[0] == pytest.approx(curve[-1] + ahead * steps.mean())
    assert found.scale[0] == pytest.approx(steps.std(ddof=1) * np.sqrt(ahead + ahead**2 / 7))
    assert found.freedom == 6


def test_the_held_out_score_is_that_of_predictions_made_one_by_one():
    random = np.random.default_rng(8)
    curve, iterations = random.normal(size=9), np.arange(1.0, 10)
    design = np.stack([np.ones(9), np.log(iterations)], axis=1)
    covariance = np.eye(9) + np.minimum.outer(iterations, iterations)
    expected = 0.0
    for k in range(4, 9):
        next_one = slice(0, k + 1)
        found = Lines(curve[:k], design[None, next_one], covariance[next_one, next_one], 1e-9).extrapolate()
        distance = (curve[k] - found.centre[0, 0]) / found.scale[0, 0]
        expected += student_log_density(distance, found.freedom) - np.log(found.scale[0, 0])
    two = np.stack([design, design])
    assert Lines(curve, two, covariance, 1e-9).held_out_scores(4) == pytest.approx([expected, expected])

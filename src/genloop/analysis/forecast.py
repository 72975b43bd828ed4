"""How a measured curve goes on: which law of growth it follows, and where that leads, with intervals.

A curve is start + amount x rise(n) + noise for each law of `theory.laws` and each kind of noise (`_covariances`). For
each of these, start and amount are fitted by least squares to the first k values, which gives a prediction of value
k + 1: Student's t with k - 2 degrees of freedom. The product of the densities that these predictions gave to what was
measured (k = 3, 4, ..., n - 1) is the weight of a law: it is judged by held-out values only, each by a fit to those
before it (prequential, Dawid 1984). At first all laws are equally likely, no change at all being one of them, and so
are the shapes of one law and the kinds of noise.

The forecast is the mixture of all fits with these weights, so its intervals contain the uncertainty about the law,
about start and amount, and the noise, and grow with the distance. The law that is named is the one with the greatest
weight, if it has half of it. docs/results/forecast.md has the measured coverage of the intervals.

What theory expects of the policy is one more law, and as likely as all others together where it is about this very
metric. No interval leaves the bounds that a value has. Not covered: a metric that changes its law later; other loops
than those that were measured.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from math import log

import numpy as np

from genloop.analysis.expected import Expected
from genloop.errors import UserError
from genloop.theory import laws
from genloop.theory.curve import Array
from genloop.theory.extrapolation import Lines
from genloop.theory.growth import Growth
from genloop.theory.laws import LAW_NAMES, LAWS, Law, LawName
from genloop.theory.student import LEVEL, mixture_quantile

FEWEST = 4  # iterations: three to fit to, and one to judge the fit by
SHORTEST_FIT = 3
SETTLED = 0.5  # weight from which a law is named
NEGLIGIBLE = 1e-5  # weight: no quantile of an interval of 90 % feels it
RESOLUTION = 1e-6  # least noise, over the range of the values: exact curves divide by no zero
FARTHEST = 300  # iteration that can be asked for: beyond it, exponential growth leaves the range of numbers


@dataclass(frozen=True)
class Point:
    """What is expected of one iteration: the median, and the 90 % interval of what would be measured."""

    iteration: int
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Forecast:
    """How a curve goes on.

    Attributes:
        measured: iteration -> value, what the forecast rests on.
        weights: of each law, between 0 and 1; they sum to 1.
        growth: the law of the excess over iteration 1, if one has half of the weight; the limit is that of the value.
        mechanism: what makes a curve follow this law, in words.
        points: the iterations ahead.
    """

    measured: Mapping[int, float]
    weights: Mapping[LawName, float]
    growth: Growth
    mechanism: str
    points: tuple[Point, ...]


def forecast(
    values: Mapping[int, float],
    until: int,
    *,
    expected: Expected | None = None,
    bounds: tuple[float, float] = (-math.inf, math.inf),
) -> Forecast:
    """Return how a curve goes on up to an iteration.

    Args:
        values: iteration -> finite value, such as the test loss averaged over seeds.
        until: the last iteration to forecast.
        expected: what theory knows of it, for iterations up to the last one.
        bounds: the least and the greatest value that there can be.

    Raises:
        UserError: if there are fewer than 4 values, or nothing lies ahead.
    """
    _check(values, until)
    measured = np.array(sorted(values), float)
    ahead = np.arange(max(values) + 1.0, until + 1)
    curve = np.array([values[int(n)] for n in measured])
    fits = [*_fits(measured, curve, ahead), *_expected_fits(measured, curve, ahead, expected)]
    weights = _weights(fits)
    by_law: dict[LawName, float] = dict.fromkeys(LAW_NAMES, 0.0)
    for fit, weight in zip(fits, weights, strict=True):
        by_law[fit.law.name] += float(weight)
    growth, mechanism = _diagnosis(fits, weights, by_law)
    within = min(bounds[0], curve.min()), max(bounds[1], curve.max())
    return Forecast(dict(sorted(values.items())), by_law, growth, mechanism, _points(fits, weights, ahead, within))


def _check(values: Mapping[int, float], until: int) -> None:
    if len(values) < FEWEST:
        raise UserError(
            f"{len(values)} iterations do not show how a curve goes on: {FEWEST} are needed, and 8 or more to tell "
            "laws apart. Run more of them with --iterations."
        )
    if not max(values) < until <= FARTHEST:
        raise UserError(
            f"A forecast to iteration {until} is none: {max(values)} iterations have been measured. Ask for one "
            f"between {max(values) + 1} and {FARTHEST}."
        )


@dataclass(frozen=True, eq=False)
class _Fit:
    """One law, in one shape and with one kind of noise.

    Attributes:
        law: name and shape.
        log_score: logarithm of its weight, up to a constant.
        coefficients: start and amount.
        centre, scale, freedom: Student's t of the iterations ahead, as in `Extrapolation`.
    """

    law: Law
    log_score: float
    coefficients: Array
    centre: Array
    scale: Array
    freedom: int


def _fits(measured: Array, curve: Array, ahead: Array) -> list[_Fit]:
    """Return the fits of all laws, shapes and kinds of noise; what has never changed follows no other law."""
    iterations = np.concatenate([measured, ahead])
    no_change, *others = LAWS
    groups = ([no_change], others) if np.ptp(curve) else ([no_change],)
    fits = [
        fit
        for shapes in groups
        for covariance in _covariances(iterations)
        for fit in _fit(shapes, iterations, covariance, curve)
    ]
    return [fit for fit in fits if not (fit.law.is_accelerating and fit.coefficients[1] < 0)]  # no such result


def _expected_fits(measured: Array, curve: Array, ahead: Array, expected: Expected | None) -> list[_Fit]:
    """Return the fits of theory's own curve, where it has a law and changes within what was measured."""
    if expected is None or not np.ptp(curve):
        return []
    name = {str(each): each for each in LAW_NAMES}.get(expected.growth.law)
    if name is None:
        return []
    law = laws.expected(expected.values, name, expected.growth.limit)
    if np.ptp(law.rise(measured)) < RESOLUTION * np.abs(expected.values).max():
        return []
    iterations = np.concatenate([measured, ahead])
    prior = log(len(LAW_NAMES) + 1) if expected.is_of_metric else 0.0  # all other laws, and no change
    found = [fit for noise in _covariances(iterations) for fit in _fit([law], iterations, noise, curve)]
    return [replace(fit, log_score=fit.log_score + prior) for fit in found]


def _covariances(iterations: Array) -> tuple[Array, ...]:
    """Return how the noise of some iterations belongs together, up to its size, each of shape (iteration, iteration).

    It is every iteration's own; or each model inherits the noise of the one before and adds as much, so that the curve
    wanders; or what it adds grows like the iteration, as where the loss is the square of an error that wanders.
    """
    shared = np.minimum.outer(iterations, iterations)
    sum_of_squares = shared * (shared + 1) * (2 * shared + 1) / 6
    return np.eye(len(iterations)), shared, sum_of_squares


def _fit(shapes: Sequence[Law], iterations: Array, covariance: Array, curve: Array) -> Iterator[_Fit]:
    """Iterate over the fits of laws with equally many coefficients and one kind of noise."""
    num_shapes = Counter(law.name for law in shapes)
    least_noise = RESOLUTION * float(np.ptp(curve) or np.abs(curve).max() or 1.0)
    lines = Lines(curve, np.stack([law.design(iterations) for law in shapes]), covariance, least_noise)
    ahead = lines.extrapolate()
    rows = zip(shapes, lines.held_out_scores(SHORTEST_FIT), ahead.coefficients, ahead.centre, ahead.scale, strict=True)
    for law, score, coefficients, centre, scale in rows:
        log_score = float(score) - log(num_shapes[law.name])
        yield _Fit(law, log_score, coefficients, centre, scale, ahead.freedom)


def _weights(fits: list[_Fit]) -> Array:
    scores = np.array([fit.log_score for fit in fits])
    weights = np.exp(scores - scores.max())
    return weights / weights.sum()


def _diagnosis(fits: list[_Fit], weights: Array, by_law: Mapping[LawName, float]) -> tuple[Growth, str]:
    """Return the law with the greatest weight, in the shape that has most of it, and its mechanism."""
    name = max(by_law, key=lambda law: by_law[law])
    if by_law[name] < SETTLED:
        likely = sorted(by_law, key=lambda law: -by_law[law])[:2]
        return Growth("unsettled", None), f"the iterations so far do not tell {likely[0]} from {likely[1]} growth"
    of_shape: dict[Law, float] = defaultdict(float)
    for fit, weight in zip(fits, weights, strict=True):
        if fit.law.name == name:
            of_shape[fit.law] += float(weight)
    law = max(of_shape, key=lambda each: of_shape[each])
    best = max((fit for fit in fits if fit.law is law), key=lambda fit: fit.log_score)
    return Growth(name, law.exponent, law.limit(best.coefficients)), law.mechanism


def _points(fits: list[_Fit], weights: Array, ahead: Array, bounds: tuple[float, float]) -> tuple[Point, ...]:
    """Return median and interval of the mixture of all fits that matter, within bounds."""
    chosen = [number for number, weight in enumerate(weights) if weight > NEGLIGIBLE]
    share = weights[chosen] / weights[chosen].sum()
    centre, scale, freedom = (
        np.array([getattr(fits[i], name) for i in chosen]) for name in ("centre", "scale", "freedom")
    )
    low, value, high = (
        np.clip(mixture_quantile(probability, share, centre, scale, freedom), *bounds)
        for probability in ((1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2)
    )
    return tuple(Point(int(n), *map(float, each)) for n, *each in zip(ahead, value, low, high, strict=True))

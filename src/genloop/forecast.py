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

Not covered: bounds of a value, such as 1 for a share; a metric that changes its law later; other loops than those that
were measured.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from math import log

import numpy as np

from genloop.errors import UserError
from genloop.theory.curve import Array
from genloop.theory.extrapolation import Extrapolation, Line
from genloop.theory.growth import Growth
from genloop.theory.laws import LAW_NAMES, LAWS, Law, LawName
from genloop.theory.student import LEVEL

FEWEST = 4  # iterations: three to fit to, and one to judge the fit by
SHORTEST_FIT = 3
SETTLED = 0.5  # weight from which a law is named
NUM_DRAWS = 20_000  # of the mixture, for its quantiles: these are off by about 1 % of the interval
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


def forecast(values: Mapping[int, float], until: int) -> Forecast:
    """Return how a curve goes on up to an iteration.

    Args:
        values: iteration -> finite value, such as the test loss averaged over seeds.
        until: the last iteration to forecast.

    Raises:
        UserError: if there are fewer than 4 values, or nothing lies ahead.
    """
    _check(values, until)
    measured = np.array(sorted(values), float)
    ahead = np.arange(max(values) + 1.0, until + 1)
    curve = np.array([values[int(n)] for n in measured])
    fits = _fits(measured, curve, ahead)
    weights = _weights(fits)
    by_law: dict[LawName, float] = dict.fromkeys(LAW_NAMES, 0.0)
    for fit, weight in zip(fits, weights, strict=True):
        by_law[fit.law.name] += float(weight)
    growth, mechanism = _diagnosis(fits, weights, by_law)
    return Forecast(dict(sorted(values.items())), by_law, growth, mechanism, _points(fits, weights, ahead))


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
        ahead: what it says of the iterations to come.
    """

    law: Law
    log_score: float
    ahead: Extrapolation


def _fits(measured: Array, curve: Array, ahead: Array) -> list[_Fit]:
    """Return the fits of all laws, shapes and kinds of noise; what has never changed follows no other law."""
    laws = LAWS if np.ptp(curve) else LAWS[:1]
    num_shapes = Counter((law.name, law.is_constant) for law in laws)
    iterations = np.concatenate([measured, ahead])
    found = [
        _fit(law, law.design(iterations), covariance, curve, log_prior=-log(num_shapes[law.name, law.is_constant]))
        for law in laws
        for covariance in _covariances(iterations)
    ]
    return [fit for fit in found if not (fit.law.is_accelerating and fit.ahead.coefficients[1] < 0)]  # no such result


def _covariances(iterations: Array) -> tuple[Array, ...]:
    """Return how the noise of some iterations belongs together, up to its size, each of shape (iteration, iteration).

    It is every iteration's own; or each model inherits the noise of the one before and adds as much, so that the curve
    wanders; or what it adds grows, as in a loss that is the square of an error that wanders.
    """
    shared = np.minimum.outer(iterations, iterations)
    return np.eye(len(iterations)), shared, shared * (shared + 1) / 2


def _fit(law: Law, design: Array, covariance: Array, curve: Array, *, log_prior: float) -> _Fit:
    least_noise = RESOLUTION * float(np.ptp(curve) or np.abs(curve).max() or 1.0)
    line = Line(curve, design, covariance, least_noise)
    return _Fit(law, log_prior + line.held_out_score(SHORTEST_FIT), line.extrapolate())


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
    return Growth(name, law.exponent, law.limit(best.ahead.coefficients)), law.mechanism


def _points(fits: list[_Fit], weights: Array, ahead: Array) -> tuple[Point, ...]:
    """Return the quantiles of the mixture, from draws with a fixed seed."""
    random = np.random.default_rng(0)
    chosen = random.choice(len(fits), size=NUM_DRAWS, p=weights)
    freedom = np.array([fit.ahead.freedom for fit in fits])
    noise = random.standard_t(freedom[chosen])
    centre = np.array([fit.ahead.centre for fit in fits])
    scale = np.array([fit.ahead.scale for fit in fits])
    levels = [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2]
    quantiles = np.quantile(centre[chosen] + scale[chosen] * noise[:, None], levels, axis=0)
    return tuple(
        Point(int(n), float(value), float(low), float(high))
        for n, (low, value, high) in zip(ahead, quantiles.T, strict=True)
    )

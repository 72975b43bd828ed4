"""The error of any policy, by following every noise to every model.

Model t averages its training set, so theta_t = sum_j W[t, j] theta_j + sum_a density[t, a] noise_a with independent
noises of the pieces a. Followed from model to model, this gives one coefficient per noise, and the error is the sum of
their squares. No policy is a special case. docs/theory.md has the algebra.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genloop.policies import REAL, Mixture, Policy, Share
from genloop.supply import changes
from genloop.theory.curve import Array, Basis, Curve
from genloop.theory.pieces import ROUNDING, Cut, cut, training_sets

ERROR_RATIO = "expected test error as a multiple of iteration 1"

LOCATION = Basis(
    assumptions="The estimator is a weighted mean of its training set, or OLS with one design X for every source.",
    exact="location model at any T; OLS for amounts that are whole copies of X, leading order in d / T otherwise; "
    "draws at any num_examples for equal weights, leading order in 1 / T otherwise",
    reference="Theorem 1 of arXiv 2404.01413, for any weights",
    status="derived here",
)
MOMENTS = Basis(
    assumptions="Maximum-likelihood mean and variance (or counts); samples have variance narrowing x fitted + h^2.",
    exact="every T, for equal weights wherever there is a draw",
    reference="law of total variance over the coefficients of arXiv 2404.01413, Theorem 1",
    status="derived here",
)
UNBIASED_MOMENTS = Basis(
    assumptions="Mean and variance with the divisor n - 1; samples have variance narrowing x fitted + h^2.",
    exact="every T, for equal weights wherever there is a draw; the typical variance falls all the same (2412.17646)",
    reference="law of total variance over the coefficients of arXiv 2404.01413, Theorem 1",
    status="derived here",
)


@dataclass(frozen=True, eq=False)
class FittedMoments:
    """What a statistical family has learned, both in units of the real data's variance.

    Attributes:
        mean_error: expected squared error of the fitted mean.
        variance: expected fitted variance (for a discrete table, 1 - sum p^2 over its real value).
    """

    mean_error: Curve
    variance: Curve


@dataclass(frozen=True, eq=False)
class Propagation:
    """Every noise followed to every model.

    Attributes:
        pieces: whose noises these are.
        coefficients: what model t owes to the noise of a unit of each piece, and to that of each uniform draw,
            shape (iteration, piece and draw).
        noise: variance of each, in units of s^2 / T, shape (piece and draw,).
        error: of the mean of each model, in units of s^2 / T, shape (iteration,).
        fitted: variance that each model has fitted, in units of s^2, shape (iteration,).
    """

    pieces: Cut
    coefficients: Array
    noise: Array
    error: Array
    fitted: Array


def error_curve(policy: Policy, num_iterations: int, *, num_examples: float = np.inf) -> Curve:
    """Return the error of every iteration relative to iteration 1 when all sources share one design.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curve.
        num_examples: T; it matters only to uniform draws.

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    error = propagated(training_sets(policy, num_iterations), num_examples).error
    return Curve(error / error[0], ERROR_RATIO, LOCATION)


def fitted_moments(
    policy: Policy,
    num_iterations: int,
    *,
    num_examples: float,
    narrowing: float = 1.0,
    bandwidth: float = 0.0,
    unbiased: bool = False,
) -> FittedMoments:
    """Return mean error and variance of a family that fits both, such as a Gaussian, a KDE or a discrete table.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curves.
        num_examples: T; infinity leaves the effect of the sampler alone.
        narrowing: tau, variance of the samples over that of the model; below 1 for temperature or truncation.
        bandwidth: h, standard deviation that a kernel density adds, in units of the real standard deviation.
        unbiased: whether the variance is divided by n - 1 (for weighted examples by sum w - sum w^2 / sum w).

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    mixtures = training_sets(policy, num_iterations)
    found = _propagate(mixtures, num_examples, lambda fitted: narrowing * fitted + bandwidth**2, unbiased)
    basis = UNBIASED_MOMENTS if unbiased else MOMENTS
    return FittedMoments(
        Curve(found.error / num_examples, "expected squared error of the mean, in real variances", basis),
        Curve(found.fitted, "expected fitted variance, in real variances", basis),
    )


def propagated(mixtures: Sequence[Mixture], num_examples: float = np.inf) -> Propagation:
    """Return what `error_curve` rests on: every noise followed to every model."""
    return _propagate(mixtures, num_examples, lambda fitted: 1.0)


def _propagate(
    mixtures: Sequence[Mixture],
    num_examples: float,
    sampled_variance: Callable[[float], float],
    unbiased: bool = False,
) -> Propagation:
    pieces, num_iterations = cut(mixtures), len(mixtures)
    drawn = {t: place for place, t in enumerate(t for t, mixture in enumerate(mixtures) if mixture.draw is not None)}
    coefficients = np.zeros((num_iterations, len(pieces.length) + len(drawn)))
    variance = np.ones(num_iterations + 1)  # of one example of source j
    error = np.zeros(num_iterations + 1)  # of the mean of source j; the real data have none
    fitted = np.zeros(num_iterations)
    noise = np.append(pieces.length, np.zeros(len(drawn)))  # variance of each column
    held = _Held(pieces, coefficients, variance + error / num_examples)

    for t, (mixture, (added, removed)) in enumerate(zip(mixtures, changes(mixtures), strict=True)):
        held.change(mixture.shares, added, removed)
        coefficients[t] = held.sum / held.mass
        error[t + 1] = coefficients[t] ** 2 @ noise
        if mixture.draw is not None:
            column = len(pieces.length) + drawn[t]
            noise[column] = _draw_noise(held, mixture.draw, error[t + 1], num_examples)
            coefficients[t, column] = 1.0
            error[t + 1] += noise[column]
        fitted[t] = held.second_moment / held.mass - error[t + 1] / num_examples
        if unbiased:
            fitted[t] /= 1 - (held.squares / held.mass**2 if mixture.draw is None else 1 / mixture.draw) / num_examples
        variance[t + 1] = sampled_variance(fitted[t])
        of_source = slice(*np.searchsorted(pieces.source, [t + 1, t + 2]))
        noise[of_source] *= variance[t + 1]
        held.moments[t + 1] = variance[t + 1] + error[t + 1] / num_examples
    return Propagation(pieces, coefficients, noise, error[1:], fitted)


class _Held:
    """What a training set holds, as sums over its shares: from one iteration to the next only what changes is added.

    Attributes:
        sum: weight of every noise, as in `Propagation.coefficients` but for the division by the mass.
        mass: sum of weight x amount.
        second_moment: sum of weight x amount x second moment of the source.
        squared: the same with the weight squared.
        squares: sum of weight^2 x amount.
        amount: sum of amounts.
        moments: second moment of an example of each source, as far as it is known.
    """

    def __init__(self, pieces: Cut, coefficients: Array, moments: Array) -> None:
        self._pieces, self._coefficients, self.moments = pieces, coefficients, moments
        self.sum = np.zeros(coefficients.shape[1])
        self._begin()

    def _begin(self) -> None:
        self.sum[:] = 0
        self.mass = self.second_moment = self.squared = self.squares = self.amount = 0.0

    def change(self, shares: Sequence[Share], added: Sequence[Share], removed: Sequence[Share]) -> None:
        """Turn the sums into those of some shares. Where most goes they begin anew, as digits would cancel."""
        gone = sum(share.weight * share.amount for share in removed)
        if removed and (len(shares) <= len(added) + len(removed) or gone > 0.75 * self.mass):
            self._begin()
            added, removed = shares, ()
        for sign, some in ((-1.0, removed), (1.0, added)):
            for share in some:
                self._add(share, sign)

    def _add(self, share: Share, sign: float) -> None:
        mass, moment = sign * share.weight * share.amount, self.moments[share.source]
        if share.source != REAL:
            self.sum += mass * self._coefficients[share.source - 1]
        self.sum[self._pieces.pieces(share)] += sign * share.weight
        self.mass += mass
        self.amount += sign * share.amount
        self.second_moment += mass * moment
        self.squared += mass * share.weight * moment
        self.squares += mass * share.weight


def _draw_noise(held: _Held, draw: float, error: float, num_examples: float) -> float:
    """Return what a draw without replacement adds to the error of the union's mean, in units of s^2 / T."""
    union = held.amount
    if abs(draw - union) <= ROUNDING * union:  # nothing is left out; at T = 1 the formula would be 0 / 0
        return 0.0
    spread = held.squared * union / held.mass**2 - error / num_examples
    return (1 / draw - 1 / union) * spread * union / (union - 1 / num_examples)

"""The error of any policy, by following every noise to every model.

Model t averages its training set, so theta_t = sum_j W[t, j] theta_j + sum_a density[t, a] noise_a with independent
noises of the pieces a. Solved for theta, this gives one coefficient per noise, and the error is the sum of their
squares. No policy is a special case. docs/theory.md has the algebra.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from genloop.policies import Mixture, Policy
from genloop.theory.curve import Array, Basis, Curve
from genloop.theory.pieces import Pieces, cut_into_pieces, training_sets

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


@dataclass(frozen=True, eq=False)
class FittedMoments:
    """What a statistical family has learned, both in units of the real data's variance.

    Attributes:
        mean_error: expected squared error of the fitted mean.
        variance: expected fitted variance (for a discrete table, 1 - sum p^2 over its real value).
    """

    mean_error: Curve
    variance: Curve


def error_curve(policy: Policy, num_iterations: int, *, num_examples: float = np.inf) -> Curve:
    """Return the error of every iteration relative to iteration 1 when all sources share one design.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curve.
        num_examples: T; it matters only to uniform draws.

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    mixtures = training_sets(policy, num_iterations)
    error, _ = _moments(mixtures, num_examples, sampled_variance=lambda fitted: 1.0)
    return Curve(error / error[0], ERROR_RATIO, LOCATION)


def fitted_moments(
    policy: Policy, num_iterations: int, *, num_examples: float, narrowing: float = 1.0, bandwidth: float = 0.0
) -> FittedMoments:
    """Return mean error and variance of a family that fits both, such as a Gaussian, a KDE or a discrete table.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curves.
        num_examples: T; infinity leaves the effect of the sampler alone.
        narrowing: tau, variance of the samples over that of the model; below 1 for temperature or truncation.
        bandwidth: h, standard deviation that a kernel density adds, in units of the real standard deviation.

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    mixtures = training_sets(policy, num_iterations)
    error, variance = _moments(mixtures, num_examples, lambda fitted: narrowing * fitted + bandwidth**2)
    return FittedMoments(
        Curve(error / num_examples, "expected squared error of the mean, in real variances", MOMENTS),
        Curve(variance, "expected fitted variance, in real variances", MOMENTS),
    )


def noise_coefficients(pieces: Pieces) -> tuple[Array, Array]:
    """Return what model t owes to a shift of model k, (t, k), and to the noise of a unit of piece a, (t, a)."""
    num_iterations = len(pieces.weights)
    of_models = np.zeros((num_iterations, num_iterations))
    of_models[:, :-1] = pieces.weights[:, 1:]  # source j is model j; column k is model k + 1
    response = np.linalg.inv(np.eye(num_iterations) - of_models)
    return response, response @ pieces.density


def _moments(
    mixtures: Sequence[Mixture], num_examples: float, sampled_variance: Callable[[float], float]
) -> tuple[Array, Array]:
    """Return error of the mean, in units of s^2 / T, and fitted variance, in units of s^2, per iteration."""
    pieces = cut_into_pieces(mixtures)
    response, coefficients = noise_coefficients(pieces)
    error = np.zeros(len(mixtures) + 1)  # of the mean of source j; the real data have none
    variance = np.ones(len(mixtures) + 1)  # of one example of source j
    fitted = np.zeros(len(mixtures))
    draws = np.zeros(len(mixtures))

    for t, mixture in enumerate(mixtures):
        noise = variance[pieces.source] * pieces.length
        error[t + 1] = coefficients[t] ** 2 @ noise + response[t] ** 2 @ draws
        second_moment = variance + error / num_examples
        draws[t] = _draw_noise(mixture, second_moment, error[t + 1], num_examples)
        error[t + 1] += draws[t]
        fitted[t] = pieces.weights[t] @ second_moment[:-1] - error[t + 1] / num_examples
        variance[t + 1] = sampled_variance(fitted[t])
    return error[1:], fitted


def _draw_noise(mixture: Mixture, second_moment: Array, error: float, num_examples: float) -> float:
    """Return what a draw without replacement adds to the error of the union's mean, in units of s^2 / T."""
    amount = np.array([share.amount for share in mixture.shares])
    union = amount.sum()
    if mixture.draw is None or mixture.draw == union:  # nothing is left out; at T = 1 the formula would be 0 / 0
        return 0.0
    weight = np.array([share.weight for share in mixture.shares])
    moment = second_moment[[share.source for share in mixture.shares]]
    spread = amount @ (weight**2 * moment) * union / (amount @ weight) ** 2 - error / num_examples
    return (1 / mixture.draw - 1 / union) * spread * union / (union - 1 / num_examples)

"""Student's t, by which few measurements are allowed for, and mixtures of it."""

from functools import cache
from math import lgamma, log, pi, sqrt
from statistics import NormalDist

import numpy as np

from genloop.theory.curve import Array

LEVEL = 0.9  # of all intervals
NORMAL_QUANTILE = NormalDist().inv_cdf((1 + LEVEL) / 2)  # where the standard error is known
WIDEST = 1e4  # standard errors; one degree of freedom has a 90 % interval of 6.3
HALVINGS = 60  # of an interval that holds a quantile: more than a float has digits


def student_log_density(values: Array, freedom: int) -> Array:
    """Return the logarithm of the density at some values, for so many degrees of freedom."""
    half = freedom / 2
    peak = lgamma(half + 0.5) - lgamma(half) - log(freedom * pi) / 2
    return peak - (half + 0.5) * np.log1p(values**2 / freedom)


def student_probability(values: Array, freedom: int) -> Array:
    """Return the probability of less than some values (Abramowitz and Stegun 1964, 26.7.3 and 26.7.4)."""
    slope = np.asarray(values) / sqrt(freedom)  # the tangent of the angle that the source has
    cosine_squared = 1 / (1 + slope**2)
    total, power = np.zeros_like(slope), freedom % 2
    term = cosine_squared ** (power / 2)
    while power <= freedom - 2:
        total += term
        term = term * cosine_squared * ((power + 1) / (power + 2))
        power += 2
    within = slope * np.sqrt(cosine_squared) * total
    return 0.5 + (np.arctan(slope) + within) / pi if freedom % 2 else 0.5 + within / 2


@cache
def student_quantile(freedom: int, level: float = LEVEL) -> float:
    """Return how many standard errors the interval of this level reaches to either side."""
    standard = np.zeros((1, 1)), np.ones((1, 1))
    (found,) = mixture_quantile((1 + level) / 2, np.ones(1), *standard, np.array([freedom]))
    return float(found)


def mixture_quantile(probability: float, weights: Array, centre: Array, scale: Array, freedom: Array) -> Array:
    """Return below what a mixture of t lies with some probability, shape (place,).

    Args:
        probability: between 0 and 1.
        weights: of the components, which sum to 1, shape (component,).
        centre, scale: of each at each place, shape (component, place).
        freedom: degrees of freedom of each, shape (component,).
    """
    low: Array = (centre - WIDEST * scale).min(axis=0)
    high: Array = (centre + WIDEST * scale).max(axis=0)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        is_below = _mixture_probability(middle, weights, centre, scale, freedom) < probability
        low, high = np.where(is_below, middle, low), np.where(is_below, high, middle)
    return (low + high) / 2


def _mixture_probability(values: Array, weights: Array, centre: Array, scale: Array, freedom: Array) -> Array:
    distance = (values - centre) / scale
    total = np.zeros_like(values)
    for number in np.unique(freedom):
        chosen = freedom == number
        total += weights[chosen] @ student_probability(distance[chosen], int(number))
    return total

"""What a fitted curve says of the iterations ahead of it."""

from dataclasses import dataclass
from math import lgamma, log, log1p, pi

import numpy as np

from genloop.theory.curve import Array


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """A prediction of some iterations: Student's t around a centre.

    Attributes:
        centre: shape (iteration,).
        scale: of t, shape (iteration,).
        freedom: degrees of freedom.
        coefficients: of the fit, shape (column,).
    """

    centre: Array
    scale: Array
    freedom: int
    coefficients: Array

    def log_density(self, value: float) -> float:
        """Return the logarithm of the density of the first iteration at a value."""
        half, z = self.freedom / 2, (value - self.centre[0]) / self.scale[0]
        peak = lgamma(half + 0.5) - lgamma(half) - log(self.freedom * pi) / 2 - log(self.scale[0])
        return peak - (half + 0.5) * log1p(z * z / self.freedom)


def extrapolate(curve: Array, design: Array, covariance: Array, *, least_noise: float) -> Extrapolation:
    """Return what generalised least squares on the first values of a curve predict of later ones.

    The usual prediction of a linear model whose noise has a known correlation and an unknown size (Goldberger 1962).

    Args:
        curve: the values to fit to, shape (k,).
        design: columns of the model, shape (iteration, column), for these k iterations and those ahead.
        covariance: of the noise, up to a factor, shape (iteration, iteration).
        least_noise: standard deviation that the noise has at least.
    """
    k, num_columns = len(curve), design.shape[1]
    root = np.linalg.cholesky(covariance[:k, :k])
    whitened = np.linalg.solve(root, np.column_stack([design[:k], curve, covariance[:k, k:]]))
    known, target, carried = whitened[:, :num_columns], whitened[:, num_columns], whitened[:, num_columns + 1 :]
    inverse = np.linalg.inv(known.T @ known)
    coefficients = inverse @ known.T @ target
    residuals = target - known @ coefficients

    freedom = k - num_columns
    variance = max(float(residuals @ residuals) / freedom, least_noise**2)
    lever = design[k:] - carried.T @ known
    of_coefficients = np.einsum("ni,ij,nj->n", lever, inverse, lever)
    of_noise = np.diag(covariance)[k:] - np.sum(carried**2, axis=0)
    centre = design[k:] @ coefficients + carried.T @ residuals
    return Extrapolation(centre, np.sqrt(variance * (of_noise + of_coefficients)), freedom, coefficients)

"""What a line fitted to the first values of a curve says of later ones, where the noise has a known correlation.

Whitened by the root of its covariance, the noise of a value is independent of all before it, so a prediction of the
next value is that of ordinary least squares.
"""

from dataclasses import dataclass
from math import log

import numpy as np

from genloop.theory.curve import Array
from genloop.theory.student import student_log_density


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


@dataclass(frozen=True, eq=False)
class Line:
    """A linear model of a curve.

    Attributes:
        curve: the values, shape (k,).
        design: columns of the model, shape (iteration, column), for these k iterations and those ahead.
        covariance: of the noise, up to a factor, shape (iteration, iteration).
        least_noise: standard deviation that the noise has at least.
    """

    curve: Array
    design: Array
    covariance: Array
    least_noise: float

    def held_out_score(self, shortest: int) -> float:
        """Return the log density of the values after the first few, each predicted from all those before it."""
        root, known, target = self._whitened()
        score = 0.0
        for k in range(shortest, len(target)):
            inverse, coefficients, variance = self._fit(known[:k], target[:k])
            scale = float(variance * (1 + known[k] @ inverse @ known[k])) ** 0.5
            distance = float(target[k] - known[k] @ coefficients) / scale
            score += student_log_density(distance, k - known.shape[1]) - log(scale * root[k, k])
        return score

    def extrapolate(self) -> Extrapolation:
        """Return what all values predict of the iterations ahead: the best linear prediction (Goldberger 1962)."""
        root, known, target = self._whitened()
        inverse, coefficients, variance = self._fit(known, target)
        k = len(target)
        carried = np.linalg.solve(root, self.covariance[:k, k:])
        lever = self.design[k:] - carried.T @ known
        of_coefficients = np.einsum("ni,ij,nj->n", lever, inverse, lever)
        of_noise = np.diag(self.covariance)[k:] - np.sum(carried**2, axis=0)
        centre = self.design[k:] @ coefficients + carried.T @ (target - known @ coefficients)
        scale = np.sqrt(variance * (of_noise + of_coefficients))
        return Extrapolation(centre, scale, k - known.shape[1], coefficients)

    def _whitened(self) -> tuple[Array, Array, Array]:
        """Return the root of the covariance of the values, and their design and themselves divided by it."""
        k = len(self.curve)
        root = np.linalg.cholesky(self.covariance[:k, :k])
        whitened = np.linalg.solve(root, np.column_stack([self.design[:k], self.curve]))
        return root, whitened[:, :-1], whitened[:, -1]

    def _fit(self, known: Array, target: Array) -> tuple[Array, Array, float]:
        """Return the inverse of the normal equations' matrix, coefficients, and the variance of the noise."""
        size = np.sqrt(np.sum(known**2, axis=0))  # columns of one size: exponential growth reaches any other
        inverse = np.linalg.inv((known / size).T @ (known / size)) / np.outer(size, size)
        coefficients = inverse @ (known.T @ target)
        residuals = target - known @ coefficients
        freedom = len(target) - known.shape[1]
        return inverse, coefficients, max(float(residuals @ residuals) / freedom, self.least_noise**2)

"""What lines fitted to the first values of a curve say of later ones, where the noise has a known correlation.

Whitened by the root of its covariance, the noise of a value is independent of all before it, so a prediction of the
next value is that of ordinary least squares. Many lines are fitted to one curve at once.
"""

from dataclasses import dataclass

import numpy as np

from genloop.theory.curve import Array
from genloop.theory.student import student_log_density


@dataclass(frozen=True, eq=False)
class Extrapolation:
    """A prediction of some iterations by each line: Student's t around a centre.

    Attributes:
        centre: shape (line, iteration).
        scale: of t, shape (line, iteration).
        freedom: degrees of freedom.
        coefficients: of the fits, shape (line, column).
    """

    centre: Array
    scale: Array
    freedom: int
    coefficients: Array


@dataclass(frozen=True, eq=False)
class Lines:
    """Linear models of one curve.

    Attributes:
        curve: the values, shape (k,).
        designs: columns of each model, shape (line, iteration, column), for these k iterations and those ahead.
        covariance: of the noise, up to a factor, shape (iteration, iteration).
        least_noise: standard deviation that the noise has at least.
    """

    curve: Array
    designs: Array
    covariance: Array
    least_noise: float

    def held_out_scores(self, shortest: int) -> Array:
        """Return the log density of the values after the first few, each predicted from all before it, (line,)."""
        root, known, target = self._whitened()
        scores = np.zeros(len(known))
        for k in range(shortest, len(target)):
            inverse, coefficients, variance = self._fit(known[:, :k], target[:k])
            row = known[:, k]
            scale = np.sqrt(variance * (1 + np.einsum("li,lij,lj->l", row, inverse, row)))
            distance = (target[k] - np.sum(row * coefficients, axis=1)) / scale
            scores += student_log_density(distance, k - known.shape[2]) - np.log(scale * root[k, k])
        return scores

    def extrapolate(self) -> Extrapolation:
        """Return what all values predict of the iterations ahead: the best linear prediction (Goldberger 1962)."""
        root, known, target = self._whitened()
        inverse, coefficients, variance = self._fit(known, target)
        k = len(target)
        ahead, carried = self.designs[:, k:], np.linalg.solve(root, self.covariance[:k, k:])
        lever = ahead - carried.T @ known
        of_coefficients = np.einsum("lni,lij,lnj->ln", lever, inverse, lever)
        of_noise = np.diag(self.covariance)[k:] - np.sum(carried**2, axis=0)
        residuals = target - _applied(known, coefficients)
        centre = _applied(ahead, coefficients) + residuals @ carried
        scale = np.sqrt(variance[:, None] * (of_noise + of_coefficients))
        return Extrapolation(centre, scale, k - known.shape[2], coefficients)

    def _whitened(self) -> tuple[Array, Array, Array]:
        """Return the root of the covariance of the values, and their designs and themselves divided by it."""
        k = len(self.curve)
        root = np.linalg.cholesky(self.covariance[:k, :k])
        return root, np.linalg.solve(root, self.designs[:, :k]), np.linalg.solve(root, self.curve)

    def _fit(self, known: Array, target: Array) -> tuple[Array, Array, Array]:
        """Return the inverse of the normal equations' matrix, coefficients, and the variance of the noise."""
        size = np.sqrt(np.sum(known**2, axis=1, keepdims=True))  # columns of one size: exponential growth reaches any
        scaled = known / size
        squares: Array = _turned(scaled) @ scaled
        inverse = np.linalg.inv(squares) / (_turned(size) * size)
        coefficients = _applied(inverse @ _turned(known), target)
        residuals = target - _applied(known, coefficients)
        variance = np.sum(residuals**2, axis=1) / (len(target) - known.shape[2])
        return inverse, coefficients, np.maximum(variance, self.least_noise**2)


def _turned(matrices: Array) -> Array:
    return np.swapaxes(matrices, 1, 2)


def _applied(matrices: Array, vectors: Array) -> Array:
    """Return each matrix times its vector, or times the one that all have."""
    return np.einsum("lij,lj->li", matrices, np.broadcast_to(vectors, (len(matrices), vectors.shape[-1])))

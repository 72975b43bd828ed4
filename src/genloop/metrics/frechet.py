"""The Fréchet distance of the normal distributions that two sets of vectors have the moments of."""

import numpy as np


def frechet_distance(a: np.ndarray, b: np.ndarray) -> float:
    """Return |mean_a - mean_b|^2 + tr(C_a) + tr(C_b) - 2 tr((C_a C_b)^(1/2)) for vectors of shape (example, value).

    It is the squared 2-Wasserstein distance of the two normal distributions (Heusel et al. 2017, arXiv 1706.08500,
    equation 6), in squared units of the vectors. No matrix is inverted, shrunk or rooted: with C = R'R, the eigenvalues
    of C_a C_b are the squared singular values of R_a R_b', whose sum is the trace. This is exact also where there are
    fewer vectors than values.

    The estimate is too high by a term that falls with the number of vectors (Chong & Forsyth 2020, arXiv 1911.07023),
    so only values of equal numbers compare; two halves of the real data show how high.
    """
    roots = [_root(vectors) for vectors in (a, b)]
    trace_of_root = np.linalg.svd(roots[0] @ roots[1].T, compute_uv=False).sum()
    distance = np.square(a.mean(0, dtype=np.float64) - b.mean(0, dtype=np.float64)).sum()
    variances = sum(np.square(root).sum() for root in roots)
    return max(0.0, float(distance + variances - 2 * trace_of_root))


def _root(vectors: np.ndarray) -> np.ndarray:
    """Return a matrix R whose product R'R is the covariance of the vectors."""
    centred = vectors - vectors.mean(0, dtype=np.float64)
    return np.linalg.qr(centred, mode="r") / np.sqrt(len(vectors) - 1)

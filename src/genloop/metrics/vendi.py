"""The Vendi score: how many different vectors a set effectively holds."""

import numpy as np

from genloop.metrics.prdc import squared_distances


def vendi_score(vectors: np.ndarray, scale: float) -> float:
    """Return exp(entropy of the eigenvalues of K / n), with K_ij = exp(-|x_i - x_j|^2 / scale), for n vectors.

    It is 1 for vectors that are all equal, k for k groups of equal size that are far apart and each of equal vectors,
    and n at most (Friedman & Dieng 2023, arXiv 2210.02410, definition 3.1).

    Args:
        vectors: shape (example, value).
        scale: squared distance at which two vectors have a similarity of 1/e; where it is 0, equal vectors only are
            similar.
    """
    distances = squared_distances(vectors, vectors)
    similarities = np.exp(-np.divide(distances, scale, out=np.full_like(distances, np.inf), where=scale > 0))
    similarities[distances == 0] = 1  # whatever the scale
    shares = np.linalg.eigvalsh(similarities / len(vectors))
    shares = shares[shares > 0]  # rounding leaves some a little below
    return float(np.exp(-(shares * np.log(shares)).sum()))


def typical_squared_distance(vectors: np.ndarray) -> float:
    """Return the median squared distance of two different vectors, shape (example, value)."""
    above_diagonal = np.triu_indices(len(vectors), 1)
    return float(np.median(squared_distances(vectors, vectors)[above_diagonal]))

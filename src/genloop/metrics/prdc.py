"""Precision, recall, density and coverage: how far two sets of vectors lie within each other's neighbourhoods."""

from typing import NamedTuple

import numpy as np

from genloop.data.extras import needs_extra


class Overlap(NamedTuple):
    """How two sets of vectors overlap.

    A ball is centred at a vector and reaches to its k-th nearest neighbour in the same set.
    """

    precision: float  # share of the synthetic vectors that lie in some ball of the real ones
    recall: float  # share of the real vectors that lie in some ball of the synthetic ones
    density: float  # number of balls of the real vectors that a synthetic one lies in, on average, over k
    coverage: float  # share of the balls of the real vectors in which some synthetic one lies


def overlap(real: np.ndarray, synthetic: np.ndarray, neighbours: int) -> Overlap:
    """Return how synthetic vectors overlap with real ones, both of shape (example, value).

    Precision and recall are those of Kynkäänniemi et al. (2019, arXiv 1904.06991, equation 2), density and coverage
    those of Naeem et al. (2020, arXiv 2002.09797, equations 4 and 5). Between sets of one distribution and of equal
    size, density is 1 and coverage about 1 - 2^-k in expectation. NaN where a set has no k-th neighbour.
    """
    if min(len(real), len(synthetic)) <= neighbours:
        return Overlap(*[float("nan")] * 4)
    distances = squared_distances(real, synthetic)
    in_real = distances <= _radii(real, neighbours)[:, None]  # (real, synthetic)
    in_synthetic = distances <= _radii(synthetic, neighbours)[None, :]
    return Overlap(
        precision=float(in_real.any(0).mean()),
        recall=float(in_synthetic.any(1).mean()),
        density=float(in_real.sum() / (neighbours * len(synthetic))),
        coverage=float(in_real.any(1).mean()),
    )


def squared_distances(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Return the squared distances of vectors, shape (example of a, example of b); exactly 0 for equal ones."""
    with needs_extra("images"):
        from scipy.spatial.distance import cdist
    return cdist(a.astype(np.float64), b.astype(np.float64), "sqeuclidean")


def _radii(vectors: np.ndarray, neighbours: int) -> np.ndarray:
    """Return the squared distance of every vector to its k-th nearest neighbour, itself not counted."""
    return np.partition(squared_distances(vectors, vectors), neighbours, axis=1)[:, neighbours]

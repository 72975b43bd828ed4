"""Examples partitioned by k-means, for all replicates at once."""

import numpy as np

from genloop.data.distributions import draw_types


def partition(
    values: np.ndarray, weights: np.ndarray, num: int, random: np.random.Generator, *, num_steps: int
) -> np.ndarray:
    """Return which of `num` parts each example is in, shape (part, replicate, example), 0 or 1.

    Args:
        values: examples, shape (replicate, example, column).
        weights: of the examples, shape (replicate, example).
        num: parts.
        random: chooses the examples that the parts begin with.
        num_steps: at most.
    """
    centres, parts = _starts(values, weights, num, random), np.full(weights.shape, -1)
    numbers = np.arange(num)[:, None, None]
    for _ in range(num_steps):
        squares = np.stack([np.sum((values - centre[:, None]) ** 2, axis=-1) for centre in centres])
        before, parts = parts, squares.argmin(axis=0)
        if np.array_equal(parts, before):
            break
        shares = (parts == numbers) * weights
        owned = shares.sum(axis=2)[..., None]
        means = np.einsum("krn,rni->kri", shares, values) / np.where(owned > 0, owned, 1)
        centres = np.where(owned > 0, means, centres)  # one that owns nothing stays where it is
    return (parts == numbers).astype(float)


def _starts(values: np.ndarray, weights: np.ndarray, num: int, random: np.random.Generator) -> np.ndarray:
    """Return examples drawn one by one with odds of the squared distance to those before; (num, replicate, column)."""
    replicate = np.arange(len(values))
    odds, chosen, nearest = weights, [], np.full(weights.shape, np.inf)
    for _ in range(num):
        chosen.append(values[replicate, draw_types(odds, 1, random)[:, 0]])
        nearest = np.minimum(nearest, np.sum((values - chosen[-1][:, None]) ** 2, axis=-1))
        odds = weights * np.where(nearest.any(axis=1, keepdims=True), nearest, 1.0)
    return np.stack(chosen)

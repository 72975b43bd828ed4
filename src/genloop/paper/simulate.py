"""Loops simulated example by example, knowing nothing of the theory they check.

Every simulation runs many independent replicas at once and returns one row per iteration, shape (iteration, replica).
"""

from collections.abc import Callable

import numpy as np

from genloop.policies import Mixture, Policy


def moments(
    policy: Policy,
    num_iterations: int,
    *,
    num_examples: int,
    num_replicas: int,
    seed: int,
    sampled_variance: Callable[[np.ndarray], np.ndarray] = np.ones_like,
    num_real: float = 4.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Fit weighted mean and variance to real N(0, 1) data and to samples of earlier fits."""
    random = np.random.default_rng(seed)
    sources = [random.standard_normal((num_replicas, round(num_real * num_examples)))]
    means, variances = [], []
    for iteration in range(1, num_iterations + 1):
        data, weight = _assemble(policy.training_set(iteration), sources, num_examples, random)
        mean = (data * weight).sum(axis=1) / weight.sum(axis=1)
        variance = (weight * (data - mean[:, None]) ** 2).sum(axis=1) / weight.sum(axis=1)
        deviation = np.sqrt(sampled_variance(variance))
        size = (num_replicas, round(policy.num_samples(iteration) * num_examples))
        sources.append(mean[:, None] + deviation[:, None] * random.standard_normal(size))
        means.append(mean)
        variances.append(variance)
    return np.array(means), np.array(variances)


def _assemble(
    mixture: Mixture, sources: list[np.ndarray], num_examples: int, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return the examples of a training set and their weights, both (replica, example)."""
    parts, weights = [], []
    for share in mixture.shares:
        start, stop = round(share.start * num_examples), round((share.start + share.amount) * num_examples)
        parts.append(sources[share.source][:, start:stop])
        weights.append(np.full(parts[-1].shape, share.weight))
    data, weight = np.concatenate(parts, axis=1), np.concatenate(weights, axis=1)
    if mixture.draw is None:
        return data, weight
    chosen = np.argsort(random.random(data.shape), axis=1)[:, : round(mixture.draw * num_examples)]
    return np.take_along_axis(data, chosen, axis=1), np.take_along_axis(weight, chosen, axis=1)

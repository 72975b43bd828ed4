"""Feedback loops simulated example by example, knowing nothing of the theory they check.

Every simulation runs many independent replicas at once and returns one row per iteration, shape (iteration, replica).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.policies import Mixture, Policy


@dataclass(frozen=True)
class Table:
    """A policy given as one mixture per iteration, draws included; every source holds `supply` T."""

    version: ClassVar[int] = 1

    mixtures: tuple[Mixture, ...]
    supply: float = 4.0

    def training_set(self, iteration: int) -> Mixture:
        return self.mixtures[iteration - 1]

    def num_samples(self, iteration: int) -> float:
        return self.supply


def within(simulated: np.ndarray, expected: np.ndarray, *, standard_errors: float = 4.0) -> bool:
    """Whether the mean over replicas is that many of its own standard errors from the expected value, or nearer."""
    error = simulated.std(axis=-1, ddof=1) / np.sqrt(simulated.shape[-1])
    return bool(np.all(np.abs(simulated.mean(axis=-1) - expected) <= standard_errors * error + 1e-12))


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


def least_squares(
    policy: Policy,
    num_iterations: int,
    *,
    num_examples: int,
    covariance: np.ndarray,
    fresh_design: bool,
    num_replicas: int,
    seed: int,
    num_real: float = 1.0,
) -> np.ndarray:
    """Fit OLS with truth 0 and noise 1 and return w_n, shape (iteration, replica, d)."""
    random = np.random.default_rng(seed)
    dimension = len(covariance)
    root = np.linalg.cholesky(covariance)

    def rows(amount: float) -> np.ndarray:
        return random.standard_normal((num_replicas, round(amount * num_examples), dimension)) @ root.T

    first = rows(1.0)

    def source(parameters: np.ndarray, amount: float) -> tuple[np.ndarray, np.ndarray]:
        design = rows(amount) if fresh_design else np.tile(first, (1, round(amount), 1))
        targets = (design @ parameters[:, :, None])[:, :, 0] + random.standard_normal(design.shape[:2])
        return design, targets

    sources = [source(np.zeros((num_replicas, dimension)), num_real)]
    fitted = []
    for iteration in range(1, num_iterations + 1):
        gram, moment = np.zeros((num_replicas, dimension, dimension)), np.zeros((num_replicas, dimension))
        for share in policy.training_set(iteration).shares:
            start, stop = round(share.start * num_examples), round((share.start + share.amount) * num_examples)
            design, targets = (part[:, start:stop] for part in sources[share.source])
            gram += share.weight * (design.transpose(0, 2, 1) @ design)
            moment += share.weight * (targets[:, None, :] @ design)[:, 0]
        fitted.append(np.linalg.solve(gram, moment[:, :, None])[:, :, 0])
        sources.append(source(fitted[-1], policy.num_samples(iteration)))
    return np.array(fitted)

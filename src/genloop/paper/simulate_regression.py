"""Regression in a loop, simulated row by row; replicas side by side."""

import numpy as np

from genloop.policies import Policy
from genloop.theory.smoothers import KernelProblem


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


def kernel_ridge(
    policy: Policy, num_iterations: int, problem: KernelProblem, *, num_replicas: int, seed: int
) -> np.ndarray:
    """Fit kernel ridge to all rows stacked, with whole sources only, and return test errors (iteration, replica)."""
    random = np.random.default_rng(seed)
    num_examples, deviation = len(problem.truth), np.sqrt(problem.noise_variance)
    sources = [problem.truth + deviation * random.standard_normal((num_replicas, num_examples))]
    errors = []
    for iteration in range(1, num_iterations + 1):
        held = [share.source for share in policy.training_set(iteration).shares]
        stacked = np.tile(problem.kernel, (len(held), len(held))) + problem.penalty * np.eye(len(held) * num_examples)
        targets = np.concatenate([sources[source] for source in held], axis=1)
        coefficients = np.linalg.solve(stacked, targets.T).reshape(len(held), num_examples, -1).sum(axis=0)
        predicted = (problem.kernel @ coefficients).T
        sources.append(predicted + deviation * random.standard_normal(predicted.shape))
        errors.append(np.mean((problem.test_kernel @ coefficients - problem.test_truth[:, None]) ** 2, axis=0))
    return np.array(errors)


def wrong_teacher(
    share: float, *, num_examples: int, dimension: int, distance: float, num_replicas: int, seed: int
) -> np.ndarray:
    """Fit OLS where a share of the targets is from a teacher so far off; noise 1; test errors (replica,)."""
    random = np.random.default_rng(seed)
    teacher = np.full(dimension, distance / np.sqrt(dimension))
    num_wrong = round(share * num_examples)
    errors = []
    for _ in range(num_replicas):
        design = random.standard_normal((num_examples, dimension))
        targets = random.standard_normal(num_examples)
        targets[:num_wrong] += design[:num_wrong] @ teacher
        errors.append(np.sum(np.linalg.solve(design.T @ design, design.T @ targets) ** 2))
    return np.array(errors)

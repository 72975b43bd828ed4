"""Tables, rare items, kernels and selection in a loop, simulated example by example; replicas side by side."""

import numpy as np

from genloop.policies import Policy


def tables(
    policy: Policy, num_iterations: int, *, probabilities: np.ndarray, num_examples: int, num_replicas: int, seed: int
) -> np.ndarray:
    """Fit relative frequencies to whole sources of `num_examples` and return them, (iteration, replica, item)."""
    random = np.random.default_rng(seed)
    counts, fitted = [random.multinomial(num_examples, probabilities, size=num_replicas)], []
    for iteration in range(1, num_iterations + 1):
        held = np.sum([counts[share.source] for share in policy.training_set(iteration).shares], axis=0)
        fitted.append(held / held.sum(axis=1, keepdims=True))
        counts.append(random.multinomial(num_examples, fitted[-1]))
    return np.array(fitted)


def kernels(
    policy: Policy, num_iterations: int, *, bandwidth: float, num_examples: int, num_replicas: int, seed: int
) -> np.ndarray:
    """Draw examples of whole sources, blurred by a kernel; return variances of training sets (iteration, replica)."""
    random = np.random.default_rng(seed)
    size = (num_replicas, num_examples)
    sources, variances = [random.standard_normal(size)], []
    for iteration in range(1, num_iterations + 1):
        data = np.concatenate([sources[share.source] for share in policy.training_set(iteration).shares], axis=1)
        centres = np.take_along_axis(data, random.integers(data.shape[1], size=size), axis=1)
        sources.append(centres + bandwidth * random.standard_normal(size))
        variances.append(data.var(axis=1))
    return np.array(variances)


def rare_item(num_iterations: int, *, count: float, num_examples: int, num_replicas: int, seed: int) -> np.ndarray:
    """Replace with one item expected `count` times; whether training sets hold it, (iteration, replica)."""
    random = np.random.default_rng(seed)
    held, alive = np.full(num_replicas, count), []
    for _ in range(num_iterations):
        held = random.binomial(num_examples, held / num_examples)
        alive.append(held > 0)
    return np.array(alive, float)


def verifier_crossing(
    keep_right: float, keep_wrong: float, *, label_errors: tuple[float, float], num_replicas: int, seed: int
) -> np.ndarray:
    """Return the label error at which the classifier of what a verifier keeps turns round, (replica,).

    The classifier is the mean of label times point, over 20 000 labels. Its component along the truth is linear in
    the label error, so the two label errors give the crossing.
    """
    random = np.random.default_rng(seed)
    first, last = label_errors
    crossings = []
    for _ in range(num_replicas):
        high, low = (_learned_component(error, keep_right, keep_wrong, random) for error in label_errors)
        crossings.append(first + (last - first) * high / (high - low))
    return np.array(crossings)


def _learned_component(label_error: float, keep_right: float, keep_wrong: float, random: np.random.Generator) -> float:
    truth = random.choice([-1, 1], size=20_000)
    points = truth + random.standard_normal(20_000)
    is_wrong = random.random(20_000) < label_error
    kept = random.random(20_000) < np.where(is_wrong, keep_wrong, keep_right)
    return float(np.mean(kept * np.where(is_wrong, -truth, truth) * points))


def curation(
    num_iterations: int, *, probabilities: np.ndarray, rewards: np.ndarray, num_replicas: int, seed: int
) -> np.ndarray:
    """Pick one of 10 000 choices by softmax of the reward, 1000 times; probabilities (iteration, replica, item)."""
    random = np.random.default_rng(seed)
    found = [np.tile(probabilities, (num_replicas, 1))]
    for _ in range(num_iterations - 1):
        choices = random.multinomial(10_000, found[-1][:, None], size=(num_replicas, 1000)) * np.exp(rewards)
        found.append((choices / choices.sum(axis=-1, keepdims=True)).mean(axis=1))
    return np.array(found)

"""Choosing among synthetic data, and conditions for stability that name constants nobody has measured."""

import numpy as np

from genloop.theory.curve import Array, Basis, result


@result(
    Basis(
        "Binary labels; the verifier errs independently of the example.",
        "many examples",
        "setting: Feng et al., arXiv 2406.07515; formula from the sign of the kept labels",
        "derived here",
    )
)
def verifier_threshold(keep_right: float, keep_wrong: float) -> float:
    """Verifier: training on what it keeps works if and only if the label error is below 1 / (1 + psi / phi).

    Args:
        keep_right: phi, probability that a right label is kept.
        keep_wrong: psi, probability that a wrong label is kept.
    """
    return 1 / (1 + keep_wrong / keep_right)


@result(
    Basis(
        "Curated among infinitely many choices, no real data added.",
        "every iteration",
        "Ferbach et al., arXiv 2407.09499",
        "quoted",
    )
)
def curated_probabilities(num_iterations: int, *, probabilities: Array, rewards: Array) -> Array:
    """Curation by reward r: p_t is proportional to p_1 exp((t-1) r), so the variance of the reward vanishes.

    Args:
        num_iterations: length of the result.
        probabilities: p_1, shape (item,).
        rewards: r, shape (item,).

    Returns:
        p_1 to p_n, shape (iteration, item).
    """
    exponent = np.arange(num_iterations)[:, None] * (rewards - rewards.max())
    weight = probabilities * np.exp(exponent)
    return weight / weight.sum(axis=1, keepdims=True)


@result(
    Basis(
        "Optimum close to the truth, smooth and strongly concave likelihood; from memory of the paper.",
        "a sufficient condition near the optimum",
        "Bertrand et al., arXiv 2310.00429",
        "condition only",
    )
)
def stable_retraining(synthetic_ratio: float, *, lipschitz: float, model_error: float, curvature: float) -> bool:
    """Fixed real data: stable if lambda (1 + L eps / alpha) < 1/2, lambda = synthetic / real."""
    return synthetic_ratio * (1 + lipschitz * model_error / curvature) < 0.5


@result(
    Basis(
        "Each round adds m real and k synthetic examples; every fit adds at most delta to the bias of its data.",
        "an upper bound",
        "Taori and Hashimoto, arXiv 2209.03942; from memory of the paper",
        "condition only",
    )
)
def bias_bound(miscalibration: float, *, num_real: float, num_synthetic: float) -> float:
    """Feedback with fresh real data: the bias stays below delta (m + k) / m."""
    return miscalibration * (num_real + num_synthetic) / num_real

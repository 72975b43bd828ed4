"""Linear regression and estimation of a mean: the noise of every iteration adds to the error of the next.

Errors are multiples of iteration 1's, which is sigma^2 d / (T - d - 1) for OLS and sigma^2 / T for a mean. With the
same design X for every source they are exact for both; with new rows they hold as d / T goes to 0, and the functions
named `_fresh_design` are exact.
"""

from collections.abc import Sequence

import numpy as np

from genloop.theory.curve import Array, Basis, count_iterations, curve_result, result
from genloop.theory.propagate import ERROR_RATIO

SEED_PAPER = "arXiv 2404.01413"
ONE_DESIGN = "Every model generates targets for the same X (or estimates a mean)."
NEW_ROWS = "OLS; every source has new Gaussian rows x; T >= d + 2."
ANY_SIZE = "every T >= d + 2 (OLS, one X) and every T (mean)"
LEADING = "as T grows"


@result(Basis("Full column rank X, one design.", "every realisation", f"Theorem 1, {SEED_PAPER}", "quoted"))
def accumulated_parameters(design: Array, truth: Array, noise: Array) -> Array:
    """Accumulate: w_n = w* + (X'X)^-1 X' sum_i E_i / i.

    Args:
        design: X, shape (T, d).
        truth: w*, shape (d,).
        noise: E_1 to E_n, shape (n, T).

    Returns:
        w_1 to w_n, shape (n, d).
    """
    averaged = np.cumsum(noise / count_iterations(len(noise))[:, None], axis=0)
    return truth + averaged @ np.linalg.pinv(design).T


@result(Basis("Rows of X from N(0, Sigma), any Sigma.", "every T >= d + 2", f"Lemma 1, {SEED_PAPER}", "quoted"))
def ols_test_error(num_examples: int, dimension: int, *, noise_variance: float = 1.0) -> float:
    """Iteration 1 of OLS: E |w - w*|^2 in the norm of Sigma is sigma^2 d / (T - d - 1) for every Sigma."""
    return noise_variance * dimension / (num_examples - dimension - 1)


@result(Basis("Rows of X from N(0, Sigma), any Sigma.", "every T >= d + 2", f"Lemma 1, {SEED_PAPER}", "derived here"))
def ols_parameter_error(num_examples: int, covariance: Array, *, noise_variance: float = 1.0) -> float:
    """Iteration 1 of OLS: E |w - w*|^2 is sigma^2 tr(Sigma^-1) / (T - d - 1); all ratios below hold for it too."""
    return noise_variance * float(np.trace(np.linalg.inv(covariance))) / (num_examples - len(covariance) - 1)


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE + "; also with new rows", f"eq. (1), {SEED_PAPER}", "quoted"))
def replace(num_iterations: int) -> Array:
    """Replace: n."""
    return count_iterations(num_iterations)


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, f"Theorem 2, {SEED_PAPER}", "quoted"))
def accumulate(num_iterations: int) -> Array:
    """Accumulate: sum_i 1 / i^2, below pi^2 / 6."""
    return np.cumsum(1 / count_iterations(num_iterations) ** 2)


@curve_result(ERROR_RATIO, Basis(NEW_ROWS, "every T >= d + 2", f"refines Theorem 2, {SEED_PAPER}", "derived here"))
def accumulate_fresh_design(num_iterations: int, *, num_examples: int, dimension: int) -> Array:
    """Accumulate, new rows: sum_i (T - d - 1) / (i (i T - d - 1)), below Theorem 2."""
    i, constant = count_iterations(num_iterations), dimension + 1
    return np.cumsum((num_examples - constant) / (i * (i * num_examples - constant)))


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, "setting: Table 2, " + SEED_PAPER, "derived here"))
def replace_multiple(num_iterations: int) -> Array:
    """Replace-multiple: the harmonic number H_n, logarithmic growth."""
    return np.cumsum(1 / count_iterations(num_iterations))


@curve_result(ERROR_RATIO, Basis(NEW_ROWS, "every T >= d + 2", "setting: Table 2, " + SEED_PAPER, "derived here"))
def replace_multiple_fresh_design(num_iterations: int, *, num_examples: int, dimension: int) -> Array:
    """Replace-multiple, new rows: sum_i (T - d - 1) / (i T - d - 1)."""
    constant = dimension + 1
    return np.cumsum((num_examples - constant) / (count_iterations(num_iterations) * num_examples - constant))


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, "Xu, He and Cheng, arXiv 2505.13947", "quoted"))
def replace_schedule(sizes: Sequence[float]) -> Array:
    """Replace with T_i examples at iteration i: T_1 sum_i 1 / T_i, bounded if and only if sum 1 / T_i converges."""
    return sizes[0] * np.cumsum(1 / np.asarray(sizes, float))


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, f"generalises Theorem 2, {SEED_PAPER}", "derived here"))
def accumulate_schedule(sizes: Sequence[float]) -> Array:
    """Accumulate with T_i new examples at iteration i: T_1 sum_i T_i / N_i^2 with N_i = T_1 + ... + T_i, below 2."""
    added = np.asarray(sizes, float)
    return sizes[0] * np.cumsum(added / np.cumsum(added) ** 2)


@curve_result(
    ERROR_RATIO,
    Basis(
        "A uniform T out of all data, without replacement.",
        LEADING,
        "setting: arXiv 2410.16713, 2410.22812",
        "derived here",
    ),
)
def accumulate_subsample(num_iterations: int) -> Array:
    """Accumulate-subsample: sum 1/i^2 + sum_{i>1} (1 - 1/(i-1)) / i^2 + 1 - 1/n, below pi^2/2 - 2 = 2.935."""
    i = count_iterations(num_iterations)
    earlier_draws = np.append(0, (1 - 1 / i[:-1]) / i[1:] ** 2)
    return np.cumsum(1 / i**2 + earlier_draws) + 1 - 1 / i


@curve_result(
    ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, "augmentation loop of arXiv 2307.01850; 2502.18049", "derived here")
)
def fixed_real(num_iterations: int, *, weight: float = 0.5, ratio: float = 1.0) -> Array:
    """Fixed real + latest: 1 + k (1-w)^2 (1 - (1-w)^(2n-2)) / (w (2-w)); 4/3 for `augment`.

    Args:
        num_iterations: length of the curve.
        weight: w, weight of the real data in the fit.
        ratio: k, real over synthetic amount.
    """
    rest = 1 - weight
    forgotten = 1 - rest ** (2 * count_iterations(num_iterations) - 2)
    return 1 + ratio * rest**2 * forgotten / (weight * (2 - weight))


@curve_result(ERROR_RATIO, Basis(ONE_DESIGN, ANY_SIZE, "limit: He, Xu and Cheng, arXiv 2502.18049", "derived here"))
def fresh_real(num_iterations: int, *, weight: float = 0.5, ratio: float = 1.0) -> Array:
    """Fresh real + latest: tends to (w^2 + k (1-w)^2) / (w (2-w)).

    Args:
        num_iterations: length of the curve.
        weight: w, weight of the real batch in the fit; its size is that of the first training set.
        ratio: k, real over synthetic amount.
    """
    remembered = (1 - weight) ** (2 * count_iterations(num_iterations) - 2)
    limit = (weight**2 + ratio * (1 - weight) ** 2) / (weight * (2 - weight))
    return limit + (1 - limit) * remembered


@result(Basis(ONE_DESIGN, "in the limit of many iterations", "He, Xu and Cheng, arXiv 2502.18049", "quoted"))
def best_fresh_weight(ratio: float = 1.0) -> float:
    """Fresh real + latest: w = (sqrt(k^2 + 4 k) - k) / 2 is best and is the error too; 0.618 for k = 1."""
    return (np.sqrt(ratio**2 + 4 * ratio) - ratio) / 2


@result(Basis(ONE_DESIGN, "in the limit of many iterations", "docs/theory.md", "derived here"))
def window_slope(size: int) -> float:
    """Window of K sources: the error grows by 4 / (K + 1)^2 each iteration."""
    return 4 / (size + 1) ** 2


@result(Basis("Regular exponential families.", LEADING, "Dey and Donoho, arXiv 2410.22812", "quoted"))
def accumulate_efficiency() -> float:
    """Accumulate: real data alone reach its limit with 6 / pi^2 = 0.608 of the first training set."""
    return 6 / np.pi**2


@result(
    Basis(
        "Isotropic OLS at d / n = phi < 1; synthetic targets from a teacher at distance c.",
        "large d and n",
        "setting: Dohmatob et al., arXiv 2410.04840",
        "derived here",
    )
)
def strong_collapse_error(synthetic_share: float, phi: float, *, distance: float, noise_variance: float = 1.0) -> float:
    """A share p from a wrong teacher: s^2 phi/(1-phi) + c^2 (p^2 + p (1-p) phi/(1-phi)); c^2 p^2 never vanishes.

    Args:
        synthetic_share: p, synthetic over all examples.
        phi: d / n, parameters over examples.
        distance: c, distance between synthetic and true parameters.
        noise_variance: s^2, of both kinds of targets.
    """
    odds, p = phi / (1 - phi), synthetic_share
    return noise_variance * odds + distance**2 * (p**2 + p * (1 - p) * odds)

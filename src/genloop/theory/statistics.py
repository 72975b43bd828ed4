"""Statistical families, which also fit a variance: sampling loses some of it each time, and samplers may change it.

Variances are multiples of the real one; n is the size of the first training set. `narrowing` is tau, the variance of
the samples over that of the model that drew them (temperature or truncation put it below 1).
"""

from math import exp, lgamma, log, sqrt

import numpy as np

from genloop.theory.curve import Array, Basis, count_iterations, curve_result, result

VARIANCE = "expected fitted variance, in real variances"
TRAINING_VARIANCE = "expected variance of the training data, in real variances"
MEAN_ERROR = "expected squared error of the mean, in real variances"
GAUSSIAN_MLE = "Maximum likelihood: Gaussian variance, or 1 - sum p^2 of a discrete table."
UNBIASED = "Gaussian with the unbiased variance (divisor n - 1)."
ANY_SIZE = "every n"
MANY_EXAMPLES = "as n grows, when the sampler alone matters"


@curve_result(VARIANCE, Basis(GAUSSIAN_MLE, ANY_SIZE, "arXiv 2404.05090 (discrete); standard (Gaussian)", "quoted"))
def variance_replace(num_iterations: int, *, num_examples: int) -> Array:
    """Replace: (1 - 1/n)^t; diversity dies after about n iterations."""
    return (1 - 1 / num_examples) ** count_iterations(num_iterations)


@curve_result(MEAN_ERROR, Basis(GAUSSIAN_MLE, ANY_SIZE, "martingale of the fitted means", "derived here"))
def mean_error_replace(num_iterations: int, *, num_examples: int) -> Array:
    """Replace: 1 - (1 - 1/n)^t; what the variance loses, the mean has wandered."""
    return 1 - (1 - 1 / num_examples) ** count_iterations(num_iterations)


@curve_result(VARIANCE, Basis(GAUSSIAN_MLE, ANY_SIZE, "limit: Kazdan et al., arXiv 2410.16713", "derived here"))
def variance_accumulate(num_iterations: int, *, num_examples: int) -> Array:
    """Accumulate: prod_i (1 - 1 / (n i^2)), above sin(pi / sqrt n) / (pi / sqrt n)."""
    return np.cumprod(1 - 1 / (num_examples * count_iterations(num_iterations) ** 2))


@result(Basis(GAUSSIAN_MLE, ANY_SIZE, "Euler's product for the sine", "derived here"))
def variance_accumulate_limit(num_examples: int) -> float:
    """Accumulate: sin(pi / sqrt n) / (pi / sqrt n), never zero for n > 1."""
    return float(np.sinc(1 / sqrt(num_examples)))


@curve_result(MEAN_ERROR, Basis(UNBIASED, ANY_SIZE, "Shumailov et al., arXiv 2305.17493", "quoted"))
def mean_error_unbiased(num_iterations: int, *, num_examples: int) -> Array:
    """Replace: t / n, as the expected variance stays 1."""
    return count_iterations(num_iterations) / num_examples


@curve_result(
    "expected fitted standard deviation", Basis(UNBIASED, ANY_SIZE, "arXiv 2412.17646 (rate)", "derived here")
)
def deviation_unbiased(num_iterations: int, *, num_examples: int) -> Array:
    """Replace: c4(n)^t, about exp(-t / (4 n)): the typical model narrows although the mean variance does not."""
    half = (num_examples - 1) / 2
    c4 = exp(lgamma(half + 0.5) - lgamma(half)) / sqrt(half)
    return c4 ** count_iterations(num_iterations)


@curve_result("median fitted variance", Basis(UNBIASED, "as t grows", "arXiv 2412.17646 (rate)", "derived here"))
def median_variance_unbiased(num_iterations: int, *, num_examples: int) -> Array:
    """Replace: exp(t (psi(h) - ln h)) with h = (n - 1) / 2; exactly the geometric mean."""
    half = (num_examples - 1) / 2
    return np.exp(count_iterations(num_iterations) * (_digamma(half) - log(half)))


@curve_result(VARIANCE, Basis("Any family that keeps tau.", MANY_EXAMPLES, "bias: arXiv 2307.01850", "derived here"))
def narrowed_replace(num_iterations: int, *, narrowing: float) -> Array:
    """Replace, narrowed sampler: tau^(t-1)."""
    return narrowing ** (count_iterations(num_iterations) - 1)


@curve_result(VARIANCE, Basis("Any family that keeps tau.", MANY_EXAMPLES, "docs/theory.md", "derived here"))
def narrowed_accumulate(num_iterations: int, *, narrowing: float) -> Array:
    """Accumulate, narrowed sampler: prod_{i>1} (1 - (1-tau)/i) ~ t^-(1-tau): accumulating does not save it."""
    later = count_iterations(num_iterations)[1:]
    return np.append(1, np.cumprod(1 - (1 - narrowing) / later))


@result(Basis("Any family that keeps tau.", MANY_EXAMPLES, "docs/theory.md", "derived here"))
def narrowed_fresh_limit(real: float, narrowing: float) -> float:
    """Fresh real share a, narrowed sampler: a / (1 - (1-a) tau)."""
    return real / (1 - (1 - real) * narrowing)


@result(Basis(GAUSSIAN_MLE, "in the limit of many iterations", "docs/theory.md", "derived here"))
def variance_fresh_limit(real: float, num_examples: int) -> float:
    """Fresh real share a: 1 - 1/D with D = 1 - a + a n (2 - a); the error of the mean is 1/D."""
    return 1 - 1 / (1 - real + real * num_examples * (2 - real))


@result(Basis(GAUSSIAN_MLE, "as n grows", "docs/theory.md", "derived here"))
def least_fresh_share(loss: float, num_examples: int) -> float:
    """Fresh real share that keeps all but `loss` of the variance: about (1 - loss) / (2 n loss)."""
    return (1 - loss) / (2 * num_examples * loss)


@curve_result(
    TRAINING_VARIANCE,
    Basis("Kernel density with bandwidth h.", MANY_EXAMPLES, "setting: arXiv 2410.16713", "derived here"),
)
def kde_replace(num_iterations: int, *, bandwidth: float) -> Array:
    """Replace, kernel density: 1 + (t-1) h^2."""
    return 1 + (count_iterations(num_iterations) - 1) * bandwidth**2


@curve_result(
    TRAINING_VARIANCE,
    Basis("Kernel density with bandwidth h.", MANY_EXAMPLES, "setting: arXiv 2410.16713", "derived here"),
)
def kde_accumulate(num_iterations: int, *, bandwidth: float) -> Array:
    """Accumulate, kernel density: 1 + h^2 (H_t - 1), which grows without bound, like log t."""
    return 1 + bandwidth**2 * (np.cumsum(1 / count_iterations(num_iterations)) - 1)


def _digamma(x: float) -> float:
    """Return the derivative of lgamma: recurrence up to x >= 8, then the asymptotic series (error below 1e-10)."""
    shift = 0.0
    while x < 8:
        shift -= 1 / x
        x += 1
    inverse = 1 / x**2
    return shift + log(x) - 0.5 / x - inverse * (1 / 12 - inverse * (1 / 120 - inverse * (1 / 252 - inverse / 240)))

"""Ridge and kernel regression under any policy: the exact expectation given the design.

The paper leaves both to future work (arXiv 2404.01413, section 2.1). When every source reuses one design X, all hat
matrices share the eigenvectors of the kernel matrix K, and a fit shrinks each of them by k / (k + lambda / rows),
where rows counts the copies of X in the training set. Each eigenvector is then a location model that also shrinks.
"""

from dataclasses import dataclass

import numpy as np

from genloop.errors import UserError
from genloop.policies import Mixture, Policy
from genloop.theory.curve import Array, Basis, Curve, result
from genloop.theory.fresh_design import are_whole_copies
from genloop.theory.pieces import Pieces, cut_into_pieces, training_sets

GIVEN_DESIGN = Basis(
    assumptions="Linear smoother; every source has the same design X; synthetic noise has the real noise's variance.",
    exact="every design, penalty and truth, for whole copies of X without draws",
    reference="hat-matrix algebra; Theorem 1 of arXiv 2404.01413 is the case of no penalty",
    status="derived here",
)
TEST_ERROR = "expected squared error of the prediction, averaged over test points, given X"


@dataclass(frozen=True, eq=False)
class KernelProblem:
    """Kernel ridge regression k(x, X) (K + lambda I)^-1 y over all rows of a training set.

    Attributes:
        kernel: K = k(X, X), shape (T, T).
        truth: noiseless targets at X, shape (T,).
        test_kernel: k(test points, X), shape (test, T).
        test_truth: noiseless targets at the test points, shape (test,).
        penalty: lambda.
        noise_variance: sigma^2.
    """

    kernel: Array
    truth: Array
    test_kernel: Array
    test_truth: Array
    penalty: float
    noise_variance: float


def ridge_problem(
    design: Array, truth: Array, test_design: Array, *, penalty: float, noise_variance: float
) -> KernelProblem:
    """Return ridge regression, (X'X + lambda I)^-1 X'y, as the kernel problem K = XX'.

    Args:
        design: X, shape (T, d).
        truth: w*, shape (d,).
        test_design: rows to predict, (test, d); the rows of sqrt(d) Sigma^(1/2) give the paper's E_test given X.
        penalty: lambda; zero is OLS, of least norm where X'X is singular.
        noise_variance: sigma^2.
    """
    return KernelProblem(
        design @ design.T, design @ truth, test_design @ design.T, test_design @ truth, penalty, noise_variance
    )


@result(GIVEN_DESIGN)
def smoother_error_curve(policy: Policy, num_iterations: int, problem: KernelProblem) -> Curve:
    """Ridge and kernel regression: the expected test error of any policy given X, with bias and noise.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curve.
        problem: kernel, truth, penalty and noise.

    Raises:
        UserError: if the policy takes parts of a source or draws, or asks for data that do not exist.
    """
    mixtures = training_sets(policy, num_iterations)
    _check_whole_copies(mixtures)
    pieces = cut_into_pieces(mixtures)
    rows = np.array([sum(share.weight * share.amount for share in mixture.shares) for mixture in mixtures])

    eigenvalue, vectors = np.linalg.eigh(problem.kernel)
    positive = eigenvalue > len(eigenvalue) * np.finfo(float).eps * eigenvalue.max()
    eigenvalue, vectors = eigenvalue[positive], vectors[:, positive]
    shrinkage = eigenvalue / (eigenvalue + problem.penalty / rows[:, None])  # (iteration, eigenvector)
    kept, noise = _follow_eigenvectors(pieces, shrinkage)

    predict = problem.test_kernel @ vectors / eigenvalue  # from coordinates of the fitted values, (test, eigenvector)
    bias = (kept * (problem.truth @ vectors)) @ predict.T - problem.test_truth
    values = np.mean(bias**2, axis=1) + problem.noise_variance * noise @ np.mean(predict**2, axis=0)
    return Curve(values, TEST_ERROR, GIVEN_DESIGN)


def _follow_eigenvectors(pieces: Pieces, shrinkage: Array) -> tuple[Array, Array]:
    """Return what fit t keeps of the truth, and its noise variance over sigma^2, both (iteration, eigenvector)."""
    real, of_models = pieces.weights[:, 0], pieces.weights[:, 1:]
    kept = np.zeros_like(shrinkage)
    coefficients = np.zeros((*shrinkage.shape, len(pieces.length)))  # (iteration, eigenvector, piece)
    for t, shrink in enumerate(shrinkage):
        kept[t] = shrink * (real[t] + of_models[t, :t] @ kept[:t])
        inherited = np.tensordot(of_models[t, :t], coefficients[:t], axes=1)
        coefficients[t] = shrink[:, None] * (inherited + pieces.density[t])
    return kept, coefficients**2 @ pieces.length


def _check_whole_copies(mixtures: list[Mixture]) -> None:
    for iteration, mixture in enumerate(mixtures, start=1):
        if not are_whole_copies([mixture]):
            raise UserError(
                f"Iteration {iteration} takes a part of a source, so its design is not a whole number of copies of X "
                "and no closed form is known. Choose a policy that takes whole sources, such as accumulate or augment."
            )

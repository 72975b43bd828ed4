"""The error of OLS when every source has new rows, exactly where training sets contain one another."""

from collections.abc import Sequence

import numpy as np

from genloop.errors import UserError
from genloop.policies import REAL, Mixture, Policy, Share
from genloop.theory.curve import Array, Basis, Curve
from genloop.theory.pieces import Pieces, cut_into_pieces, training_sets
from genloop.theory.propagate import ERROR_RATIO, error_curve

TEST_ERROR = "expected test error, in noise variances"
SLIVER = 1e-9  # rounding of `start` can leave pieces of this length, or densities that differ by it
FRESH_NESTED = Basis(
    assumptions="OLS; every source has new Gaussian rows x; NT >= d + 2 rows in every training set.",
    exact="every T and d: each training set is that of model p, or nothing, and equally weighted samples of model p",
    reference="recursive least squares with Lemma 1 of arXiv 2404.01413",
    status="derived here",
)
FRESH_ASYMPTOTIC = Basis(
    assumptions="OLS; every source has new Gaussian rows x.",
    exact="only as d / T goes to 0, where it equals the reused design",
    reference="Theorem 1 of arXiv 2404.01413, for any weights",
    status="derived here",
)


def fresh_design_error_curve(policy: Policy, num_iterations: int, *, num_examples: int, dimension: int) -> Curve:
    """Return the error of OLS relative to iteration 1 when every source has new rows.

    Accumulating at T examples gives sum (T - d - 1) / (i (i T - d - 1)), a little below Theorem 2. Policies whose
    training sets do not contain one another have no known form; they get the limit of large T / d, and say so.

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curve.
        num_examples: T.
        dimension: d.

    Raises:
        UserError: if the policy asks for data that do not exist, or a training set has fewer than d + 2 rows.
    """
    mixtures = training_sets(policy, num_iterations)
    pieces = cut_into_pieces(mixtures)
    check_rows(mixtures, pieces, num_examples, dimension)
    error = _nested_error(mixtures, pieces, num_examples, dimension)
    if error is None:
        return Curve(error_curve(policy, num_iterations).values, ERROR_RATIO, FRESH_ASYMPTOTIC, holds=False)
    return Curve(error / error[0], ERROR_RATIO, FRESH_NESTED)


def exact_ols_error_curve(
    policy: Policy, num_iterations: int, *, num_examples: int, dimension: int, design_rows: int | None
) -> Curve | None:
    """Return the expected test error of OLS in units of the noise variance, or None where only a limit is known.

    With one design for every source it is known for training sets of whole copies of it, with new rows for those that
    contain one another, and iteration 1 has to be fitted on T real examples: sigma^2 d / (T - d - 1) (Lemma 1).

    Args:
        policy: which data each iteration trains on.
        num_iterations: length of the curve.
        num_examples: T.
        dimension: d.
        design_rows: of the one design, which begins again after them; None if every source has new rows.
    """
    try:
        mixtures = training_sets(policy, num_iterations)
        check_rows(mixtures, cut_into_pieces(mixtures), num_examples, dimension)
    except UserError:
        return None  # nothing is expected of a loop that cannot be computed
    if mixtures[0] != Mixture([Share(REAL)]) or (
        design_rows is not None and not _repeat(mixtures, design_rows == num_examples)
    ):
        return None
    if design_rows is not None:
        ratio = error_curve(policy, num_iterations)
    else:
        ratio = fresh_design_error_curve(policy, num_iterations, num_examples=num_examples, dimension=dimension)
    first = dimension / (num_examples - dimension - 1)
    return Curve(first * ratio.values, TEST_ERROR, ratio.basis) if ratio.holds else None


def are_whole_copies(mixtures: Sequence[Mixture]) -> bool:
    """Whether every training set is a whole number of copies of the design."""
    return all(
        mixture.draw is None and all(share.amount % 1 == 0 and share.start % 1 == 0 for share in mixture.shares)
        for mixture in mixtures
    )


def _repeat(mixtures: Sequence[Mixture], is_whole: bool) -> bool:
    """Whether all training sets are copies of the first T rows of a design, which are all of it or not."""
    starts = all(share.amount == 1 and share.start == 0 for mixture in mixtures for share in mixture.shares)
    return are_whole_copies(mixtures) and (is_whole or starts)


def check_rows(mixtures: Sequence[Mixture], pieces: Pieces, num_examples: int, dimension: int) -> None:
    """Raise UserError unless every training set has d + 2 different rows that count; of a draw, on average."""
    counted = num_examples * ((pieces.density > 0) @ pieces.length)
    for iteration, (mixture, rows) in enumerate(zip(mixtures, counted, strict=True), start=1):
        part = 1.0 if mixture.draw is None else mixture.draw / sum(share.amount for share in mixture.shares)
        if rows * part < dimension + 2 - SLIVER * num_examples:
            raise UserError(
                f"Iteration {iteration} fits {dimension} parameters to {rows * part:g} examples that differ and have a "
                f"weight. Below d + 2 = {dimension + 2} the expected error is infinite (Lemma 1 of arXiv 2404.01413) "
                "or, below d - 1, that of a fit among many, of which nothing is predicted: raise num_examples."
            )


def _nested_error(mixtures: Sequence[Mixture], pieces: Pieces, num_examples: int, dimension: int) -> Array | None:
    """Return the error over s^2 of nested training sets, or None if one is not nested.

    If set t is set p and samples of model p, then theta_t = theta_p + (X_t' X_t)^-1 X_new' e_new, and
    E[X_new' X_new | X_t' X_t] is the new rows' part of it: the error grows by new / all x d / (all - d - 1).
    """
    held = (pieces.density > 0) & (pieces.length > SLIVER)
    error = np.zeros(len(mixtures) + 1)
    for t, mixture in enumerate(mixtures):
        density = pieces.density[t, held[t]]
        equal = np.ptp(density) < SLIVER * density.max() and mixture.draw is None
        parent = _parent(pieces.source, held, t) if equal else None
        if parent is None:
            return None
        rows = num_examples * pieces.length[held[t]].sum()
        error[t + 1] = error[parent] + pieces.weights[t, parent] * dimension / (rows - dimension - 1)
    return error[1:]


def _parent(source: np.ndarray, held: np.ndarray, t: int) -> int | None:
    """Return p if training set t is that of model p, or nothing, and samples of model p."""
    for parent in np.unique(source[held[t]])[::-1]:
        rest = held[t] & (source != parent)
        if not rest.any() or (parent > 0 and np.array_equal(rest, held[parent - 1])):
            return int(parent)
    return None

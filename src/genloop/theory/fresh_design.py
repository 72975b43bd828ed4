"""The error of OLS when every source has new rows, exactly where training sets contain one another."""

from collections.abc import Sequence

import numpy as np

from genloop.errors import UserError
from genloop.policies import Mixture, Policy
from genloop.theory.curve import Array, Basis, Curve
from genloop.theory.pieces import cut_into_pieces, training_sets
from genloop.theory.propagate import ERROR_RATIO, error_curve

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
    rows = [num_examples * mixture.size for mixture in mixtures]
    if min(rows) < dimension + 2:
        raise UserError(
            f"Iteration {int(np.argmin(rows)) + 1} fits {dimension} parameters to {min(rows):g} examples. Below d + 2 "
            f"= {dimension + 2} the expected error is infinite (Lemma 1 of arXiv 2404.01413): raise num_examples."
        )
    error = _nested_error(mixtures, num_examples, dimension)
    if error is None:
        return Curve(error_curve(policy, num_iterations).values, ERROR_RATIO, FRESH_ASYMPTOTIC)
    return Curve(error / error[0], ERROR_RATIO, FRESH_NESTED)


def _nested_error(mixtures: Sequence[Mixture], num_examples: int, dimension: int) -> Array | None:
    """Return the error over s^2 of nested training sets, or None if one is not nested.

    If set t is set p and samples of model p, then theta_t = theta_p + (X_t' X_t)^-1 X_new' e_new, and
    E[X_new' X_new | X_t' X_t] is the new rows' part of it: the error grows by new / all x d / (all - d - 1).
    """
    pieces = cut_into_pieces(mixtures)
    held = (pieces.density > 0) & (pieces.length > SLIVER)
    error = np.zeros(len(mixtures) + 1)
    for t, mixture in enumerate(mixtures):
        equal = np.ptp(pieces.density[t, held[t]]) < SLIVER and mixture.draw is None
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

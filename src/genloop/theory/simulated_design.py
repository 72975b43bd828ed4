"""The error of OLS with new rows where no closed form is known: simulated, with its standard error.

A fit needs X'X and X'y of the pieces that it holds, so these are drawn instead of rows: X'X of m Gaussian rows is
Wishart, by Bartlett's decomposition A A', and given it X'e is A z. The error in the norm of the covariance is the same
for every covariance of the rows, so theirs is the identity.
"""

import numpy as np

from genloop.policies import Policy
from genloop.theory.curve import Array, Basis, Curve
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.pieces import Pieces, cut_into_pieces, training_sets
from genloop.theory.propagate import ERROR_RATIO

MOST_LOOPS = 4000
FEWEST_LOOPS = 50
MEMORY = 4e7  # numbers
SEED = 20261129


def predicted_error_curve(policy: Policy, num_iterations: int, *, num_examples: int, dimension: int) -> Curve:
    """Return the error of OLS with new rows: exact where that is known, else simulated with a fixed seed.

    Draws, and sizes that leave memory for fewer than 50 loops, get the limit of large T / d, which does not `hold`.

    Raises:
        UserError: as `fresh_design_error_curve` does.
    """
    known = fresh_design_error_curve(policy, num_iterations, num_examples=num_examples, dimension=dimension)
    mixtures = training_sets(policy, num_iterations)
    if known.holds or any(mixture.draw is not None for mixture in mixtures):
        return known
    pieces = cut_into_pieces(mixtures)
    num_loops = min(MOST_LOOPS, int(MEMORY / (len(pieces.length) * dimension * (dimension + 1))))
    if num_loops < FEWEST_LOOPS:
        return known
    errors = _simulate(pieces, num_examples, dimension, num_loops)
    values = errors.mean(axis=1) / errors[0].mean()
    basis = Basis(
        assumptions="OLS; every source has new Gaussian rows x.",
        exact=f"every T and d, within the standard error of {num_loops:,} simulated loops",
        reference="simulated",
        status="derived here",
    )
    about_ratio = (errors - values[:, None] * errors[0]) / errors[0].mean()  # both means of a ratio are uncertain
    return Curve(values, ERROR_RATIO, basis, standard_error=about_ratio.std(axis=1, ddof=1) / np.sqrt(num_loops))


def _simulate(pieces: Pieces, num_examples: int, dimension: int, num_loops: int) -> Array:
    """Return |w - w*|^2 at noise 1, shape (iteration, loop)."""
    random = np.random.default_rng(SEED)
    rows = np.round(num_examples * np.cumsum(pieces.length))
    rows = np.diff(rows, prepend=0).astype(int)
    fitted = np.zeros((len(pieces.density) + 1, num_loops, dimension))  # of the truth, and of all models
    gram: dict[int, Array] = {}
    moment: dict[int, Array] = {}
    for t, density in enumerate(pieces.density):
        held: list[int] = np.flatnonzero((density > 0) & (rows > 0)).tolist()
        for piece in held:
            if piece not in gram:
                gram[piece], noise = _sums(rows[piece], dimension, num_loops, random)
                moment[piece] = (gram[piece] @ fitted[pieces.source[piece], :, :, None])[:, :, 0] + noise
        left = np.sum([density[piece] * gram[piece] for piece in held], axis=0)
        right = np.sum([density[piece] * moment[piece] for piece in held], axis=0)
        fitted[t + 1] = np.linalg.solve(left, right[:, :, None])[:, :, 0]
    return np.sum(fitted[1:] ** 2, axis=2)


def _sums(num_rows: int, dimension: int, num_loops: int, random: np.random.Generator) -> tuple[Array, Array]:
    """Return X'X and X'e of so many rows, shapes (loop, d, d) and (loop, d)."""
    if num_rows < dimension:
        design = random.standard_normal((num_loops, num_rows, dimension))
        noise = random.standard_normal((num_loops, 1, num_rows))
        return design.transpose(0, 2, 1) @ design, (noise @ design)[:, 0]
    root = np.tril(random.standard_normal((num_loops, dimension, dimension)), -1)
    freedom = num_rows - np.arange(dimension)
    root[:, range(dimension), range(dimension)] = np.sqrt(random.chisquare(freedom, (num_loops, dimension)))
    return root @ root.transpose(0, 2, 1), (root @ random.standard_normal((num_loops, dimension, 1)))[:, :, 0]

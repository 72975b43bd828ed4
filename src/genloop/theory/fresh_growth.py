"""How the error of OLS grows for ever where every source has new rows, as far as that is known."""

from dataclasses import replace

import numpy as np

from genloop.policies import Policy
from genloop.theory.curve import Curve
from genloop.theory.growth import Growth, growth_of
from genloop.theory.structure import Nested, Row, Steady, structure_of

TERMS = 1_000_000  # of a sum whose rest has a closed form


def fresh_design_growth(policy: Policy, curve: Curve, *, num_examples: int, dimension: int) -> Growth:
    """Return how a curve of `predicted_error_curve` grows; numbers only where its training sets hold one another.

    Without real data, errors grow as with one design. With new real data at every iteration, or as many lasting ones
    as make their own fit possible (d + 2), they are bounded: some of the error is lost each time, in every direction.
    Fewer lasting ones leave directions of which they say nothing, and nothing is claimed.
    """
    found = structure_of(policy, len(curve.values))
    growth = replace(growth_of(policy, len(curve.values)), limit=None, slope=None, least=None)
    is_exact = curve.holds and curve.standard_error is None
    match found.rule:
        case Nested(draw=None, real=None) if is_exact:
            return replace(growth, limit=_nested_limit(policy, found.first, curve, num_examples, dimension))
        case Steady((row,)) if is_exact and growth.law == "linear":
            at_first = sum(share.amount for share in policy.training_set(1).shares)
            later = sum(share.amount for _, share in row.synthetic)
            free, free_later = (num_examples * each - dimension - 1 for each in (at_first, later))
            return replace(growth, slope=free / free_later)
        case Steady(rows) if growth.law == "bounded" and not all(
            _is_informed(row, num_examples, dimension) for row in rows
        ):
            return Growth("unsettled", None)
        case _:
            return growth


def _is_informed(row: Row, num_examples: int, dimension: int) -> bool:
    lasting = sum(share.amount for share in row.pinned if share.weight and not share.source)
    return bool(row.renewed) or num_examples * lasting >= dimension + 2


def _nested_limit(policy: Policy, first: int, curve: Curve, num_examples: int, dimension: int) -> float | None:
    """Return the sum of new / all x d / (all T - d - 1) over all iterations; None where the curve is too short."""
    if len(curve.values) < first:
        return None
    at_first, union, larger = (
        sum(share.amount for share in policy.training_set(t).shares) for t in (1, first, first + 1)
    )
    new, constant = larger - union, dimension + 1
    sizes = union + new * np.arange(1.0, TERMS + 1)
    rest = np.sum(new / sizes / (num_examples * sizes - constant)) + 1 / num_examples / (sizes[-1] + new / 2)
    return float(curve.values[first - 1] + rest * (num_examples * at_first - constant))

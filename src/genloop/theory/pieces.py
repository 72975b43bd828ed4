"""Which piece of which source every training set holds.

Shares of one source may overlap from iteration to iteration: `mix(real=0.1)` reads the same tenth of the real data
again and again, `fresh(real=0.1)` always a new one. Cutting each source at every edge of every share gives pieces
that a training set holds whole or not at all, so their noises are independent.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from genloop.policies import Mixture, Policy, Share, check_supply
from genloop.theory.curve import Array


@dataclass(frozen=True, eq=False)
class Pieces:
    """The training sets of iterations 1 to n as one table.

    Attributes:
        source: source of each piece, shape (piece,).
        length: its size in units of T, shape (piece,).
        density: weight of a unit of the piece in each fit, so that `density @ length` is 1; (iteration, piece).
        weights: W[t, j], weight of source j in the fit of iteration t; each row sums to 1; (iteration, source).
    """

    source: np.ndarray
    length: Array
    density: Array
    weights: Array


def training_sets(policy: Policy, num_iterations: int) -> list[Mixture]:
    """Return the mixtures of iterations 1 to `num_iterations`.

    Raises:
        UserError: if an iteration asks for data that no earlier model generates.
    """
    check_supply(str(policy), policy, num_iterations, num_real=np.inf)
    return [policy.training_set(iteration) for iteration in range(1, num_iterations + 1)]


def cut_into_pieces(mixtures: Sequence[Mixture]) -> Pieces:
    """Return the table of the pieces that the training sets are made of."""
    edges = sorted({edge for mixture in mixtures for share in mixture.shares for edge in _edges(share)})
    place = {edge: number for number, edge in enumerate(edges)}  # a piece reaches from its edge to the next
    source = np.array([source for source, _ in edges])
    start = np.array([start for _, start in edges])
    length = np.append(np.where(np.diff(source) == 0, np.diff(start), 0.0), 0.0)

    density = np.zeros((len(mixtures), len(edges)))
    for row, mixture in zip(density, mixtures, strict=True):
        for share in mixture.shares:
            first, last = (place[edge] for edge in _edges(share))
            row[first:last] += share.weight
        row /= row @ length

    weights = (density * length) @ (source[:, None] == np.arange(len(mixtures)))
    return Pieces(source, length, density, weights)


def _edges(share: Share) -> tuple[tuple[int, float], tuple[int, float]]:
    return (share.source, share.start), (share.source, share.start + share.amount)

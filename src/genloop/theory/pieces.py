"""Which piece of which source every training set holds.

Shares of one source may overlap from iteration to iteration: `mix(real=0.1)` reads the same tenth of the real data
again and again, `fresh(real=0.1)` always a new one. Cutting each source at every edge of every share gives pieces
that a training set holds whole or not at all, so their noises are independent.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from genloop.policies import Mixture, Policy, Share
from genloop.policy_text import policy_name
from genloop.supply import changes, check_supply
from genloop.theory.curve import Array

ROUNDING = 2e-15  # relative: edges so near each other are one, as `1 + 2 * 0.1 + 0.1` and `1 + 3 * 0.1` are


@dataclass(frozen=True, eq=False)
class Cut:
    """Sources cut into pieces.

    Attributes:
        source: source of each piece, shape (piece,); in rising order, and in order of their places within it.
        length: its size in units of T, shape (piece,).
        place: of an edge (source, position), the piece that begins there.
    """

    source: np.ndarray
    length: Array
    place: dict[tuple[int, float], int]

    def pieces(self, share: Share) -> slice:
        """Return which pieces make up a share."""
        first, last = _edges(share)
        return slice(self.place[first], self.place[last])


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
    return check_supply(policy_name(policy), policy, num_iterations, num_real=np.inf)


def cut(mixtures: Iterable[Mixture]) -> Cut:
    """Return the sources, cut at every edge of every share."""
    edges: dict[int, set[float]] = defaultdict(set)
    for added, _ in changes(mixtures):
        for share in added:
            edges[share.source].update(edge for _, edge in _edges(share))
    source: list[int] = []
    start: list[float] = []
    place: dict[tuple[int, float], int] = {}
    for number in sorted(edges):
        for edge in sorted(edges[number]):
            if not source or source[-1] != number or edge - start[-1] > ROUNDING * edge:
                source.append(number)
                start.append(edge)
            place[number, edge] = len(source) - 1
    of_piece = np.array(source)
    length = np.append(np.where(np.diff(of_piece) == 0, np.diff(start), 0.0), 0.0)
    return Cut(of_piece, length, place)


def cut_into_pieces(mixtures: Sequence[Mixture]) -> Pieces:
    """Return the table of the pieces that the training sets are made of."""
    pieces = cut(mixtures)
    density = np.zeros((len(mixtures), len(pieces.length)))
    held = np.zeros(len(pieces.length))  # weight of each piece, before it is divided by their sum
    for row, mixture, (added, removed) in zip(density, mixtures, changes(mixtures), strict=True):
        if removed:
            held[:] = 0.0
        for share in mixture.shares if removed else added:
            held[pieces.pieces(share)] += share.weight
        row[:] = held / (held @ pieces.length)

    weights = np.zeros((len(mixtures), len(mixtures)))
    first = np.flatnonzero(np.diff(pieces.source, prepend=-1))  # of each source
    weights[:, pieces.source[first]] = np.add.reduceat(density * pieces.length, first, axis=1)
    return Pieces(pieces.source, pieces.length, density, weights)


def _edges(share: Share) -> tuple[tuple[int, float], tuple[int, float]]:
    return (share.source, share.start), (share.source, share.start + share.amount)

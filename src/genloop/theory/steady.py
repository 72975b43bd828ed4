"""Where the errors of a steady policy end, from its rule alone.

Followed backwards, an example of model t comes from its source, whose model had it from a source of its own, and so on:
a Markov chain, which ends at data that are real or never change. A phase from which it is sure to end has an error with
a limit. A phase from which it may go on for ever has one that grows linearly: the noise that enters the chain stays in
it. docs/theory.md has the algebra.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import gcd, lcm

import numpy as np

from genloop.policies import Mixture, Share
from genloop.theory.curve import Array
from genloop.theory.pieces import cut
from genloop.theory.propagate import Propagation
from genloop.theory.structure import Row, Steady

MOST_PHASES = 400
MOST_STATES = 400  # of the linear system whose covariance is the limit
DOUBLINGS = 64  # of the number of iterations: 2^64 are as good as all
CAUGHT = 1e-12  # probability that the chain never ends, below which rounding made it


@dataclass(frozen=True, eq=False)
class End:
    """Where the error of each phase ends, in units of s^2 / T; phases follow one another for ever.

    Attributes:
        slope: growth per iteration; 0 for a phase that has a limit.
        limit: nan for a phase that grows; None where the linear system is too large.
    """

    slope: Array
    limit: Array | None


@dataclass(frozen=True, eq=False)
class _Phase:
    """One row in numbers.

    Attributes:
        synthetic: lags with shares, whose weights now sum to the part of the fit that is synthetic.
        pinned: shares, their weights likewise.
        noise: variance that is new each time: of renewed real data, and of a draw.
        is_open: whether anything of it is real or never changes.
    """

    synthetic: list[tuple[int, Share]]
    pinned: list[Share]
    noise: float
    is_open: bool


def _phase(row: Row) -> _Phase:
    fresh = [share for _, _, share in row.renewed]
    everything = [*(share for _, share in row.synthetic), *row.pinned, *fresh]
    mass = sum(share.weight * share.amount for share in everything)
    union = sum(share.amount for share in everything)
    spread = sum(share.amount * share.weight**2 for share in everything) * union / mass**2
    drawn = 0.0 if row.draw is None else (1 / row.draw - 1 / union) * spread
    return _Phase(
        [(lag, _weighing(share, mass)) for lag, share in row.synthetic if share.weight],
        [_weighing(share, mass) for share in row.pinned if share.weight],
        noise=drawn + sum(share.amount * (share.weight / mass) ** 2 for share in fresh),
        is_open=any(share.weight for share in (*row.pinned, *fresh)),
    )


def _weighing(share: Share, mass: float) -> Share:
    return Share(share.source, share.amount, share.weight / mass, share.start)


def end_of(rule: Steady, mixtures: Sequence[Mixture], before: Propagation) -> End | None:
    """Return where the errors end; None if new real data overlap or the period is too long.

    Args:
        rule: how the training sets go on.
        mixtures: training sets up to one that obeys the rule.
        before: what they propagate.
    """
    phases = [_phase(row) for row in rule.rows]
    span = lcm(*(_span(phases, members) for members in _closed(phases)), len(phases))
    if span > MOST_PHASES or not _are_new(rule):
        return None
    phases *= span // len(phases)
    slope, caught = np.zeros(span), np.zeros(span)
    for members in _closed(phases):
        reached = _reach(phases, members)
        slope += reached**2 * _rate(phases, members)
        caught += reached
    ends = caught < CAUGHT
    moving, kept = _moving_variance(phases, ends), _kept_variance(phases, ends, mixtures, before)
    return End(slope, None if moving is None else np.where(ends, moving + kept, np.nan))


def _are_new(rule: Steady) -> bool:
    """Whether new batches of real data never meet, so that their noise is new each time."""
    batches = [batch for row in rule.rows for batch in row.renewed]
    if not batches:
        return True
    step = batches[0][0]
    places = sorted((origin % step, share.amount) for _, origin, share in batches)
    if any(abs(later - step) > 1e-9 * step for later, _, _ in batches) or len(rule.rows) > 1 < len(batches):
        return False
    return sum(amount for _, amount in places) <= step * (1 + 1e-9)


def _transition(phases: Sequence[_Phase]) -> Array:
    """Return the weight of each phase in the fit of each phase, shape (phase, phase)."""
    matrix = np.zeros((len(phases), len(phases)))
    for number, phase in enumerate(phases):
        for lag, share in phase.synthetic:
            matrix[number, (number - lag) % len(phases)] += share.weight * share.amount
    return matrix


def _closed(phases: Sequence[_Phase]) -> list[np.ndarray]:
    """Return the sets of phases that the chain never leaves, each as the numbers of its phases."""
    reachable = (_transition(phases) > 0) | np.eye(len(phases), dtype=bool)
    for _ in range(len(phases).bit_length()):
        reachable = reachable @ reachable
    is_open = np.array([phase.is_open for phase in phases])
    is_closed = ~(reachable @ is_open) & np.all(~reachable | reachable.T, axis=1)
    return [np.flatnonzero(row) for row in np.unique(reachable[is_closed], axis=0)]


def _span(phases: Sequence[_Phase], members: np.ndarray) -> int:
    """Return the greatest divisor of the lengths, in iterations, of all ways from a phase back to itself."""
    place, waiting, span = {int(members[0]): 0}, [int(members[0])], 0
    while waiting:
        number = waiting.pop()
        for lag, _ in phases[number].synthetic:
            source = (number - lag) % len(phases)
            if source not in place:
                place[source] = place[number] + lag
                waiting.append(source)
            span = gcd(span, place[number] + lag - place[source])
    return span


def _reach(phases: Sequence[_Phase], members: np.ndarray) -> Array:
    """Return the probability that the chain from each phase ends up in a closed set, shape (phase,)."""
    matrix = _transition(phases)
    others = [number for number in range(len(phases)) if not any(number in each for each in _closed(phases))]
    reached = np.zeros(len(phases))
    reached[members] = 1.0
    within = matrix[np.ix_(others, others)]
    reached[others] = np.linalg.solve(np.eye(len(others)) - within, matrix[np.ix_(others, list(members))].sum(axis=1))
    return reached


def _rate(phases: Sequence[_Phase], members: np.ndarray) -> float:
    """Return the variance per iteration that noise adds for ever to all that comes from a closed set of phases."""
    chain = _transition(phases)[np.ix_(members, members)]
    balance = np.vstack([chain.T - np.eye(len(members)), np.ones(len(members))])
    visits = np.linalg.lstsq(balance, np.append(np.zeros(len(members)), 1.0), rcond=None)[0]
    own = [phases[int(number)] for number in members]
    jump = [sum(lag * share.weight * share.amount for lag, share in phase.synthetic) for phase in own]
    influence = visits * len(phases) / (visits @ np.array(jump))  # of a shift of one model on all that come much later

    used = [
        (Share(1 + (number - lag) % len(phases), share.amount, share.weight, share.start), each)
        for number, phase, each in zip(members.tolist(), own, influence.tolist(), strict=True)
        for lag, share in phase.synthetic
    ]
    pieces = cut([Mixture([share for share, _ in used])])
    total = np.zeros(len(pieces.length))
    for share, each in used:
        total[pieces.pieces(share)] += each * share.weight
    drawn = influence**2 @ np.array([phase.noise for phase in own])
    return float(total**2 @ pieces.length + drawn) / len(phases)


def _moving_variance(phases: Sequence[_Phase], ends: np.ndarray) -> Array | None:
    """Return the variance, in each phase that has a limit, of all noise but that of what never changes."""
    moving = [phase.synthetic if end else [] for phase, end in zip(phases, ends, strict=True)]
    if not any(moving):
        return np.array([phase.noise for phase in phases])
    pieces = cut([Mixture([share for each in moving for _, share in each])])
    depth, width = max(lag for each in moving for lag, _ in each), len(pieces.length)
    size = depth * (1 + width)  # the models of so many iterations, and the noise of their samples
    if size > MOST_STATES:
        return None

    steps: list[tuple[Array, Array]] = []
    for phase, each in zip(phases, moving, strict=True):
        step, new = np.zeros((size, size)), np.zeros(size)
        for lag, share in each:
            step[0, lag - 1] += share.weight * share.amount
            held = pieces.pieces(share)
            begin = depth + (lag - 1) * width
            step[0, begin + held.start : begin + held.stop] += share.weight
        step[range(1, depth), range(depth - 1)] = 1.0
        step[range(depth + width, size), range(depth, size - width)] = 1.0
        new[0], new[depth : depth + width] = phase.noise, pieces.length
        steps.append((step, np.diag(new)))
    covariance = _stationary(steps)
    found: list[float] = []
    for step, new in steps:
        covariance = step @ covariance @ step.T + new
        found.append(covariance[0, 0])
    return np.array(found)


def _stationary(steps: Sequence[tuple[Array, Array]]) -> Array:
    """Return the covariance that a period of linear steps with new noise leaves as it is, by doubling periods."""
    whole, covariance = np.eye(len(steps[0][0])), np.zeros_like(steps[0][0])
    for step, new in steps:
        whole, covariance = step @ whole, step @ covariance @ step.T + new
    for _ in range(DOUBLINGS):
        if np.abs(whole).max() < 1e-18:
            break
        covariance = covariance + whole @ covariance @ whole.T
        whole = whole @ whole
    return covariance


def _kept_variance(
    phases: Sequence[_Phase], ends: np.ndarray, mixtures: Sequence[Mixture], before: Propagation
) -> Array:
    """Return the variance that data which never change leave for ever in each phase that has a limit."""
    chosen = np.flatnonzero(ends)
    shift = np.zeros((len(phases), before.coefficients.shape[1]))
    for number in chosen.tolist():
        for share in phases[number].pinned:
            if share.source:
                shift[number] += share.weight * share.amount * before.coefficients[share.source - 1]
            shift[number, before.pieces.pieces(share)] += share.weight
    chain = _transition(phases)[np.ix_(chosen, chosen)]
    kept = np.linalg.solve(np.eye(len(chosen)) - chain, shift[chosen])
    found = np.zeros(len(phases))
    found[chosen] = kept**2 @ before.noise
    return found

"""How the training sets of a policy go on for ever: the rule that makes each from those before.

Four rules are known. *Steady*: training set t + p is that of t, p iterations newer: what is synthetic comes from
models p later, what is real is the same or a new batch. *Nested*: the latest data, and maybe new real ones, join all
before, as many each time. *Appended*: training set t + p is that of t and synthetic data of so many iterations before,
as many each time. *Latest*: the latest synthetic data alone, whose amount grows by as much, or by as large a factor.

A finite table shows a rule, but not that it holds for ever. A policy that declares `steady_from` is taken at its word;
of all others it is said which iterations have shown it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import isclose
from typing import cast

from genloop.policies import REAL, Mixture, Policy, Schedule, Share
from genloop.theory.pieces import training_sets

PROBE = 4  # training sets that show the rule which a policy declares
HORIZON = 400  # iterations in which a rule is looked for where none is declared
FARTHEST = 20_000  # iteration from which a declared rule may hold: its training sets are made in seconds
LONGEST_PERIOD = 100
FEWEST_PERIODS = 3
TOLERANCE = 1e-9  # relative, of amounts: sums of steps are rounded


@dataclass(frozen=True)
class Row:
    """A training set of a steady policy, relative to its iteration.

    Attributes:
        synthetic: shares of synthetic data with their lag; 1 is what the model before generated.
        pinned: shares that never change, real or of one early model.
        renewed: shares of real data that are new each time, after how much later they begin a period later, and where
            they would have begun at iteration 0.
        draw: size of a uniform draw, or None.
    """

    synthetic: tuple[tuple[int, Share], ...]
    pinned: tuple[Share, ...]
    renewed: tuple[tuple[float, float, Share], ...]
    draw: float | None


@dataclass(frozen=True)
class Steady:
    """Training sets that repeat, each time as many iterations newer as there are rows."""

    rows: tuple[Row, ...]


@dataclass(frozen=True)
class Nested:
    """Each training set holds the one before and new data: the latest model's, and maybe real ones.

    Attributes:
        synthetic: what joins of the latest model.
        real: what joins of new real data, if any.
        draw: size of a uniform draw from all, or None.
    """

    synthetic: Share
    real: Share | None
    draw: float | None


@dataclass(frozen=True)
class Appended:
    """Each training set holds that of a period before and recent synthetic data, always as many."""

    period: int


@dataclass(frozen=True)
class Latest:
    """The latest synthetic data alone, and more of them each time.

    Attributes:
        amount: of the last training set that was looked at.
        step: by how much it grows, or None.
        factor: by what factor it grows, or None.
    """

    amount: float
    step: float | None
    factor: float | None


@dataclass(frozen=True)
class Structure:
    """A rule and where it was seen.

    Attributes:
        rule: how the training sets go on; None where no known rule shows.
        first: the first iteration that obeys it.
        last: the last iteration that was looked at.
        is_declared: whether the policy says that it obeys its rule for ever.
    """

    rule: Steady | Nested | Appended | Latest | None
    first: int
    last: int
    is_declared: bool


def structure_of(policy: Policy, num_iterations: int) -> Structure:
    """Return how the training sets of a policy go on; `num_iterations` or more are looked at where it does not say.

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    first = _declared(policy)
    if first is None:
        return _seen(training_sets(policy, _length(policy, num_iterations)))
    if first > FARTHEST:
        return Structure(None, 1, num_iterations, is_declared=False)
    shown = [policy.training_set(t) for t in range(first, first + PROBE)]
    rule = _steady(shown, first, 1) or _nested(shown, first) or _latest(shown, first)
    return Structure(rule, first, first + PROBE - 1, is_declared=True)


def _declared(policy: Policy) -> int | None:
    """Return `steady_from`, unless a subclass has given the policy other training sets since."""
    for kind in type(policy).__mro__:
        if "steady_from" in vars(kind):
            return int(getattr(policy, "steady_from"))  # noqa: B009  (no policy has to have it)
        if "training_set" in vars(kind):
            return None
    return None


def _length(policy: Policy, num_iterations: int) -> int:
    return len(policy.rows) if isinstance(policy, Schedule) else max(num_iterations, HORIZON)


def _seen(mixtures: Sequence[Mixture]) -> Structure:
    """Return the rule that the later half of a table, or more, obeys, in three periods or more."""
    last = len(mixtures)
    for period in range(1, min(LONGEST_PERIOD, last // FEWEST_PERIODS) + 1):
        first = _first_alike(mixtures, period, lambda one, other, t, period=period: _row(one, other, t, period))
        if _is_enough(first, last, period) and (rule := _steady(mixtures[first - 1 :], first, period)):
            return Structure(rule, first, last, is_declared=False)
    for obeyed, find in ((_joined, _nested), (_step, _latest), (_factor, _latest)):
        first = _first_alike(mixtures, 1, obeyed)
        if _is_enough(first, last, 1) and (rule := find(mixtures[first - 1 :], first)):
            return Structure(rule, first, last, is_declared=False)
    for period in range(1, min(LONGEST_PERIOD, last // FEWEST_PERIODS) + 1):
        first = _first_alike(mixtures, period, _appended)
        if _is_enough(first, last, period):
            return Structure(Appended(period), first, last, is_declared=False)
    return Structure(None, 1, last, is_declared=False)


def _first_alike(mixtures: Sequence[Mixture], period: int, obeyed: Callable[[Mixture, Mixture, int], object]) -> int:
    """Return from which iteration on each training set and that of a period later obey a rule, always the same one."""
    first = len(mixtures) - period
    found: dict[int, object] = {}
    while first > 0:
        found[first] = obeyed(mixtures[first - 1], mixtures[first + period - 1], first)
        if found[first] is None or not _is_close(found[first], found.get(first + period, found[first])):
            break
        first -= 1
    return first + 1


def _pairs(mixtures: Sequence[Mixture], period: int) -> list[tuple[int, tuple[Mixture, Mixture]]]:
    """Return the training sets of iterations t and t + period, with t."""
    return list(enumerate(zip(mixtures, mixtures[period:], strict=False), start=1))


def _is_enough(first: int, last: int, period: int) -> bool:
    seen = last - first + 1
    return seen >= max(FEWEST_PERIODS * period, last / 2)


def _is_close(one: object, other: object) -> bool:
    """Whether two nested tuples, rows or shares are the same but for rounding."""
    if isinstance(one, float | int) and isinstance(other, float | int):
        return isclose(one, other, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    if isinstance(one, Row | Share):
        return type(one) is type(other) and _is_close(tuple(vars(one).values()), tuple(vars(other).values()))
    if isinstance(one, tuple) and isinstance(other, tuple):
        these, those = cast("tuple[object, ...]", one), cast("tuple[object, ...]", other)
        return len(these) == len(those) and all(map(_is_close, these, those))
    return one == other


def _steady(mixtures: Sequence[Mixture], first: int, period: int) -> Steady | None:
    """Return the rule by which training sets repeat, if all of these do."""
    rows = [_row(*pair, first - 1 + t, period) for t, pair in _pairs(mixtures, period)]
    if not rows or any(row is None or not _is_close(row, rows[place % period]) for place, row in enumerate(rows)):
        return None
    return Steady(tuple(row for row in rows[:period] if row is not None))


def _row(before: Mixture, after: Mixture, iteration: int, period: int) -> Row | None:
    """Return a training set as relative to its iteration, if that of a period later is the same."""
    if len(before.shares) != len(after.shares) or before.draw != after.draw:
        return None
    synthetic: list[tuple[int, Share]] = []
    pinned: list[Share] = []
    renewed: list[tuple[float, float, Share]] = []
    for one, other in zip(before.shares, after.shares, strict=True):
        if one.weight != other.weight or not isclose(one.amount, other.amount, rel_tol=TOLERANCE):
            return None
        if one.source == other.source and one.start == other.start:
            pinned.append(one)
        elif one.source == other.source == REAL and other.start > one.start:
            later = other.start - one.start
            origin = one.start - later * iteration / period
            renewed.append((later, origin, Share(REAL, one.amount, one.weight)))
        elif (
            one.source not in (REAL, other.source) and other.source == one.source + period and one.start == other.start
        ):
            synthetic.append((iteration - one.source, Share(1, one.amount, one.weight, one.start)))
        else:
            return None
    return Row(tuple(synthetic), tuple(pinned), tuple(renewed), before.draw)


def _nested(mixtures: Sequence[Mixture], first: int) -> Nested | None:
    """Return the rule by which data join, if all of these training sets obey it."""
    steps = [_joined(*pair, first - 1 + t) for t, pair in _pairs(mixtures, 1)]
    if not steps or any(step is None or not _is_close(step, steps[0]) for step in steps):
        return None
    assert steps[0] is not None
    return Nested(*steps[0], mixtures[0].draw)


def _joined(before: Mixture, after: Mixture, iteration: int) -> tuple[Share, Share | None] | None:
    """Return what joins the training set of an iteration in the next one: of the latest model, and of real data."""
    if before.draw != after.draw or len(after.shares) != len(before.shares) + 1:
        return None
    *kept, latest = after.shares
    grown = [pair for pair in zip(before.shares, kept, strict=True) if pair[0] != pair[1]]
    if latest.source != iteration or latest.start or len(grown) > 1:
        return None
    if not grown:
        return Share(1, latest.amount, latest.weight), None
    one, other = grown[0]
    ends = [share.start + share.amount for share in before.shares if share.source == REAL]
    is_longer = (one.source, one.start, one.weight) == (other.source, other.start, other.weight) == (
        REAL, one.start, one.weight
    ) and other.amount > one.amount  # fmt: skip
    if not is_longer or one.start + one.amount < max(ends):
        return None
    return Share(1, latest.amount, latest.weight), Share(REAL, other.amount - one.amount, one.weight)


def _appended(before: Mixture, after: Mixture, iteration: int) -> tuple[tuple[int, float, float, float], ...] | None:
    """Return which synthetic data a training set holds beyond another one, by how much older they are than it."""
    kept, new = after.shares[: len(before.shares)], after.shares[len(before.shares) :]
    if kept != before.shares or not new or after.draw is not None or any(share.source == REAL for share in new):
        return None
    return tuple((iteration - share.source, share.amount, share.weight, share.start) for share in new)


def _latest(mixtures: Sequence[Mixture], first: int) -> Latest | None:
    """Return the rule by which the latest data grow, if all of these training sets obey it."""
    steps = [_growth(*pair, first - 1 + t) for t, pair in _pairs(mixtures, 1)]
    known = [step for step in steps if step is not None]
    if len(known) < len(steps) or len(known) < FEWEST_PERIODS:
        return None
    amount = mixtures[-1].shares[0].amount
    if known[0][0] > 0 and all(isclose(step, known[0][0], rel_tol=TOLERANCE) for step, _ in known):
        return Latest(amount, known[0][0], None)
    if known[0][1] > 1 and all(isclose(factor, known[0][1], rel_tol=TOLERANCE) for _, factor in known):
        return Latest(amount, None, known[0][1])
    return None


def _step(before: Mixture, after: Mixture, iteration: int) -> float | None:
    growth = _growth(before, after, iteration)
    return growth and growth[0]


def _factor(before: Mixture, after: Mixture, iteration: int) -> float | None:
    growth = _growth(before, after, iteration)
    return growth and growth[1]


def _growth(before: Mixture, after: Mixture, iteration: int) -> tuple[float, float] | None:
    """Return by how much, and by what factor, the latest data of an iteration are fewer than those of the next."""
    if any(each.draw is not None or len(each.shares) != 1 or each.shares[0].start for each in (before, after)):
        return None
    (one,), (other,) = before.shares, after.shares
    if one.source in (REAL, other.source) or (one.source, other.source) != (iteration - 1, iteration):
        return None
    return other.amount - one.amount, other.amount / one.amount

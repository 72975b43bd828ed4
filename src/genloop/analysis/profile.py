"""The collapse profile: for every policy, which aspects of the model have got worse, and how surely."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from genloop.analysis.outcome import outcome_of
from genloop.analysis.series import FEWEST_SEEDS, Series, series
from genloop.runs.record import Row, Run
from genloop.values import ASPECTS, COPYING, Value, telling_of

Verdict = Literal["collapsing", "stable", "undecided", "not measured"]

SMALL_SHARE = 0.05  # of the largest value: a change within it is none
HALF = 0.5


@dataclass(frozen=True)
class Finding:
    """What became of one aspect under one policy.

    Attributes:
        policy: its name.
        aspect: one of `values.ASPECTS`.
        metric: the value that stands for it; empty, as is its unit, where none was measured.
        unit: of the values.
        first: as in `Outcome`.
        last: as in `Outcome`.
        change: as in `Outcome`.
        margin: as in `Outcome`.
        floor: what real data score in the place of samples; None for values that need no samples.
        verdict: see `profile`.
    """

    policy: str
    aspect: str
    metric: str
    unit: str
    first: float | None
    last: float | None
    change: float | None
    margin: float | None
    floor: float | None
    verdict: Verdict


def profile(run: Run) -> list[Finding]:
    """Return one finding for each policy and aspect, finished or not.

    The verdict on an aspect is, of the first rule that applies:

    - *not measured*: no value of it at all.
    - *undecided*: no finite value after the first iteration.
    - *stable*: of copying, the last value is no more than what real data have in the place of samples.
    - *collapsing*: surely worse than at the first iteration, by the 90 % interval of the change, and either it is
      still getting worse at the end (`trend_of`) or half of it is gone: a value of which less is worse has halved, one
      of which more is worse has doubled.
    - *stable*: at the end it is flat or improving, or the change surely lies within 5 % of the largest value.
    - *undecided*: everything else.

    The interval is Student's over three seeds or more. One or two seeds say little by themselves (one nothing, and two
    may differ by 6.3 standard errors), so their mean's scatter around a line through the later iterations stands for
    the noise of first and last value; it is taken to be no smaller than the standard errors that the metric recorded,
    and all seeds must agree. That speaks for these loops only, and needs four iterations.
    Of values that only scatter, one in twenty is surely worse by chance, and fewer get worse at the end too.
    """
    declared = run.declared()
    measured, floors = _by_policy(run.rows(), declared), _by_policy(run.noise_floor(), declared)
    return [
        _finding(policy, aspect, declared, measured, floors)
        for policy in dict.fromkeys(item.policy for item in run.record.iterations)
        for aspect in ASPECTS
    ]


def _by_policy(rows: Iterable[Row], declared: Iterable[Value]) -> Mapping[tuple[str, str], Series]:
    """Return the series of some values, by policy and name."""
    rows = list(rows)
    return {(each.policy, value.name): each for value in declared for each in series(rows, value.name)}


def _finding(
    policy: str,
    aspect: str,
    declared: Iterable[Value],
    measured: Mapping[tuple[str, str], Series],
    floors: Mapping[tuple[str, str], Series],
) -> Finding:
    for value in telling_of(aspect, declared):
        found = measured.get((policy, value.name))
        if found and _first_mean(found) is not None:
            return finding_of(found, value, _first_mean(floors.get((policy, value.name))))
    return Finding(policy, aspect, "", "", None, None, None, None, None, "not measured")


def _first_mean(found: Series | None) -> float | None:
    return found.mean(found.iterations[0]) if found else None


def finding_of(measured: Series, value: Value, floor: float | None) -> Finding:
    """Return what one series says of the aspect that its value tells of."""
    outcome = outcome_of(measured)
    return Finding(
        measured.policy, value.aspect or "", measured.metric, measured.unit, outcome.first, outcome.last,
        outcome.change, outcome.margin, floor, _verdict(measured, value, floor),
    )  # fmt: skip


def _verdict(measured: Series, value: Value, floor: float | None) -> Verdict:
    """Return the verdict; all numbers are turned so that more is worse."""
    outcome = outcome_of(measured)
    if outcome.first is None or outcome.last is None or outcome.change is None:
        return "undecided"
    if value.aspect == COPYING and floor is not None and outcome.last <= floor:
        return "stable"

    worse_trend, better_trend = ("growing", "falling") if value.sign > 0 else ("falling", "growing")
    worsening, margin = value.sign * outcome.change, noise_margin(measured)
    is_sure = margin is not None and worsening > margin and _seeds_agree(measured, value)
    if is_sure and (outcome.trend == worse_trend or _half_is_gone(outcome.first, outcome.last, value)):
        return "collapsing"
    if outcome.trend in ("flat", better_trend):
        return "stable"
    is_small = margin is not None and worsening + margin <= SMALL_SHARE * max(abs(outcome.first), abs(outcome.last))
    return "stable" if is_small else "undecided"


def noise_margin(measured: Series) -> float | None:
    """Return half the width of the 90 % interval of the change by which a verdict is reached; None if nothing tells."""
    last = measured.iterations[-1]
    if measured.num_seeds >= FEWEST_SEEDS:
        return measured.change(last).margin
    scatter = measured.scatter_margin(measured.iterations[1:])
    if scatter is None:
        return measured.change(last).margin or measured.measurement_margin(last)
    of_two_values = scatter * 2**0.5
    return max(of_two_values, measured.measurement_margin(last) or 0.0)


def _seeds_agree(measured: Series, value: Value) -> bool:
    changes = measured.change(measured.iterations[-1]).differences
    return measured.num_seeds >= FEWEST_SEEDS or all(value.sign * change > 0 for change in changes)


def _half_is_gone(first: float, last: float, value: Value) -> bool:
    if first <= 0:
        return False  # a share of nothing, or of less, means nothing
    return last <= HALF * first if value.sign < 0 else last >= first / HALF

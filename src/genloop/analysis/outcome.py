"""What became of a metric under each policy of a run: how much it changed, how surely, and whether that goes on."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from genloop.analysis.series import Series, is_shown, series
from genloop.runs.record import Run

Trend = Literal["growing", "flat", "falling", "undecided"]

TEST_LOSS = "test_loss"
LATE_POINTS = 4  # at least, of the line that tells the trend
SMALL_SHARE = 0.005  # of the largest value, per iteration
SMALL_PACE = 1 / 3  # of the mean pace since the first iteration


@dataclass(frozen=True)
class Outcome:
    """What became of a metric under one policy.

    Attributes:
        policy: its name.
        metric: name of the value.
        unit: of the values.
        first_iteration: the first that all seeds have; usually 1.
        last_iteration: the last that all seeds have; usually the run's last.
        first: value at the first, averaged over seeds; None where a seed's is not finite.
        last: value at the last, likewise.
        change: from the first to the last, paired by seed; None where a value is not finite.
        margin: half the width of the 90 % interval of the change; None if nothing tells.
        margin_of: what the margin allows for. `seeds`: all of the loop's randomness, by Student's t over seeds.
            `measurement`: of one seed, the standard errors that the metric recorded, in quadrature. Of families that
            run many loops as one, these are over loops; of others over test examples, and another fit could differ by
            more.
        num_seeds: loops averaged.
        trend: whether the change goes on; see `trend_of`.
    """

    policy: str
    metric: str
    unit: str
    first_iteration: int
    last_iteration: int
    first: float | None
    last: float | None
    change: float | None
    margin: float | None
    margin_of: Literal["seeds", "measurement"] | None
    num_seeds: int
    trend: Trend


def main_metric(run: Run) -> str:
    """Return the metric that the answer is about: the test loss or, where it was not measured, the first one."""
    metrics = dict.fromkeys(row.metric for row in run.rows() if is_shown(row.metric))
    return TEST_LOSS if TEST_LOSS in metrics else next(iter(metrics), TEST_LOSS)


def outcomes(run: Run, metric: str = TEST_LOSS) -> list[Outcome]:
    """Return what became of a metric under each policy, finished or not; policies without a value are left out."""
    return [outcome_of(each) for each in series(run.rows(), metric)]


def outcome_of(measured: Series) -> Outcome:
    """Return what became of one series."""
    first, last = measured.iterations[0], measured.iterations[-1]
    change = measured.change(last)
    margin = change.margin if measured.num_seeds > 1 else measured.measurement_margin(last)
    is_known = math.isfinite(change.mean) and last > first
    return Outcome(
        measured.policy, measured.metric, measured.unit, first, last, measured.mean(first), measured.mean(last),
        change=change.mean if is_known else None,
        margin=margin if is_known else None,
        margin_of=None if margin is None or not is_known else "seeds" if measured.num_seeds > 1 else "measurement",
        num_seeds=measured.num_seeds,
        trend=trend_of(measured),
    )  # fmt: skip


def trend_of(measured: Series) -> Trend:
    """Return whether the values go on rising or falling at the end.

    A line is laid through the later half of the iterations, at least the last four, without the first, which is fitted
    on real data only and differs in kind. Its slope has a 90 % interval: by Student's t over three seeds or more; of
    one or two by the scatter of their mean around the line, which says how sure the trend is in these loops, while
    others may differ. A slope is small within 0.5 % of the largest value per iteration, or within a third of the mean
    pace since the first iteration.

    - *flat*: the whole interval is small, so what has levelled off is flat, however far it rose;
    - *growing*, *falling*: the interval is above, or below, zero, and the slope itself is not small;
    - *undecided*: the rest, by too few iterations (one or two seeds need four) or too much noise.

    Of values that only scatter independently, one series in ten has an interval beside zero.
    """
    late = late_iterations(measured.iterations)
    slope = measured.slope(late)
    if slope is None or slope.margin is None:
        return "undecided"
    low, high, small = slope.mean - slope.margin, slope.mean + slope.margin, _small_slope(measured, late)
    if max(-low, high) <= small:
        return "flat"
    if abs(slope.mean) <= small or low <= 0 <= high:
        return "undecided"
    return "growing" if low > 0 else "falling"


def late_iterations(iterations: Sequence[int]) -> list[int]:
    """Return the later half of some iterations, at least four, without the first."""
    num = max(LATE_POINTS, -(-len(iterations) // 2))
    return list(iterations[1:][-num:])


def _small_slope(measured: Series, late: Sequence[int]) -> float:
    """Return the slope, per iteration, that is as good as none."""
    first = measured.iterations[0]
    values = {n: value for n in (first, *late) if (value := measured.mean(n)) is not None}
    of_level = SMALL_SHARE * max(map(abs, values.values()))
    if first not in values:
        return of_level
    last = max(values)
    return max(of_level, SMALL_PACE * abs(values[last] - values[first]) / max(1, last - first))

"""Whether a run stays within limits: the numbers behind `genloop check`.

With several seeds the mean over them decides, and the 90 % interval of the change stands beside it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from genloop.analysis.series import Series, find_series
from genloop.errors import UserError
from genloop.numerals import plain
from genloop.runs.record import Run, named
from genloop.values import DIVERSITY, Value, telling_of

ALIASES = {"loss": "test_loss"}
Kind = Literal["max-increase", "max-rise", "min-diversity"]


@dataclass(frozen=True)
class Limits:
    """What a run must keep to at every iteration after the first; None does not matter.

    Attributes:
        max_increase: of the metric, as a share of its value at iteration 1: 0.05 allows 5 % more.
        max_rise: of the metric, in its own unit.
        min_diversity: share of its value at iteration 1 that every measure of diversity keeps; of a measure of which
            more is worse, such as self-BLEU, iteration 1 has at least this share of the later value.
    """

    max_increase: float | None = None
    max_rise: float | None = None
    min_diversity: float | None = None

    def __post_init__(self) -> None:
        if all(limit is None for limit in vars(self).values()):
            raise UserError("There is nothing to check. Give --max-increase, --max-rise or --min-diversity.")
        for name in ("max_increase", "max_rise"):
            value = getattr(self, name)
            if value is not None and not value >= 0:
                raise UserError(f"--{name.replace('_', '-')} {value} allows less than no change. Use 0 or more.")
        if self.min_diversity is not None and not 0 < self.min_diversity <= 1:
            raise UserError(f"--min-diversity {self.min_diversity} is no share to keep. Use more than 0, up to 1.")


@dataclass(frozen=True)
class Check:
    """One value beside its limit.

    Attributes:
        policy: of the loop.
        metric: what was measured.
        unit: of the metric.
        iteration: of the model that was measured.
        limit: which limit.
        first: value at iteration 1, averaged over seeds; None where a seed's is not finite.
        value: likewise at this iteration.
        margin: half the width of the 90 % interval of the change between them, where seeds tell.
        bound: what the value must not cross.
        passes: whether it does not; a value that is not finite never passes.
    """

    policy: str
    metric: str
    unit: str
    iteration: int
    limit: Kind
    first: float | None
    value: float | None
    margin: float | None
    bound: float | None
    passes: bool


def check(run: Run, limits: Limits, metric: str = "loss", policies: Sequence[str] = ()) -> list[Check]:
    """Return every value that has a limit, policy by policy.

    Args:
        run: a finished run.
        limits: what to keep to.
        metric: what `max_increase` and `max_rise` are about; `loss` is short for test_loss.
        policies: names; all if there are none.

    Raises:
        UserError: if the run is not finished or has one iteration only, a name is unknown, or a limit means nothing.
    """
    if missing := run.missing():
        raise UserError(
            f"{run.directory} is not finished, or has lost results, and what is missing may not pass: "
            f"{named(missing)}. Run the same command again first; only that is computed."
        )
    if run.num_compared < 2:
        besides = f" besides the last, which is of {run.final_estimator}" if run.final_estimator else ""
        raise UserError(
            f"{run.directory} has one iteration{besides}, so nothing has changed yet. Run it with --iterations "
            f"{3 if besides else 2}."
        )
    return [*_of_metric(run, limits, ALIASES.get(metric, metric), policies), *_of_diversity(run, limits, policies)]


def _of_metric(run: Run, limits: Limits, metric: str, policies: Sequence[str]) -> Iterator[Check]:
    if limits.max_increase is None and limits.max_rise is None:
        return
    for measured in find_series(run, metric, policies):
        _refuse_better(metric, run.declared())
        first = measured.mean(measured.iterations[0])
        if limits.max_increase is not None:
            yield from _checks(measured, "max-increase", _share_bound(measured, first, limits.max_increase))
        if limits.max_rise is not None:
            yield from _checks(measured, "max-rise", None if first is None else first + limits.max_rise)


def _of_diversity(run: Run, limits: Limits, policies: Sequence[str]) -> Iterator[Check]:
    if limits.min_diversity is None:
        return
    found = telling_of(DIVERSITY, run.declared())
    if not found:
        raise UserError(
            "--min-diversity: this run has measured none. Add a metric such as diversity, modes or coverage to its "
            "experiment, or one of your own that declares such a value, and run it again: only that is computed."
        )
    for value in found:
        for measured in find_series(run, value.name, policies):
            first = measured.mean(measured.iterations[0])
            factor = limits.min_diversity**-value.sign
            yield from _checks(measured, "min-diversity", None if first is None else first * factor, value.sign)


def _checks(measured: Series, limit: Kind, bound: float | None, worse: int = 1) -> Iterator[Check]:
    first = measured.mean(measured.iterations[0])
    for iteration in measured.iterations[1:]:
        value = measured.mean(iteration)
        passes = value is not None and bound is not None and worse * (value - bound) <= 0
        margin = measured.change(iteration).margin
        yield Check(
            measured.policy, measured.metric, measured.unit, iteration, limit, first, value, margin, bound, passes
        )


def _share_bound(measured: Series, first: float | None, share: float) -> float | None:
    if first is None:
        return None
    if first <= 0:
        raise UserError(
            f"--max-increase {share:g} of {measured.metric} means nothing: it is {plain(first)} {measured.unit} at "
            "iteration 1, and a share of what is not positive is no increase. Use --max-rise, in that unit."
        )
    return first * (1 + share)


def _refuse_better(metric: str, declared: Iterable[Value]) -> None:
    """Raise UserError if the metric may rise as it likes."""
    if any(value.name == metric and value.worse == "lower" for value in declared):
        raise UserError(
            f"--metric {metric} is the better the higher, so no increase of it is too much. Name a loss, or "
            "use --min-diversity for measures of diversity."
        )

"""Results and plans as tables for people and rows for programs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Self

from rich.table import Table

from genloop.analysis.floors import noise_floors
from genloop.analysis.series import Series, series
from genloop.errors import UserError
from genloop.numerals import duration, size
from genloop.plan import Plan, PlannedStep
from genloop.policy_text import policy_name
from genloop.report.number_column import NumberColumn
from genloop.runs.record import RecordedIteration, Row, Run, named
from genloop.values import Quantiles

QUANTILES_CAPTION = (
    "5% of the replicates lie below the first quantile. Where there are seeds, each is averaged over them."
)
NO_QUANTILES = (
    "{run} has no quantiles over replicates: of one replicate there are none, and results of before have none. "
    "Compute it in another folder, or show it without --quantiles."
)
FIRST = 1  # the iteration that changes are from, and that noise floors belong to


def rows_json(run: Run) -> dict[str, Any]:
    """Return all numbers of a run as one JSON document."""
    record, missing, facts = run.record, run.missing(), run.data_facts()
    return {
        "run": {
            "name": record.name,
            "directory": str(run.directory),
            "complete": not missing,
            "missing": [{"policy": item.policy, "seed": item.seed, "iteration": item.iteration} for item in missing],
            "unit": record.unit,
            "num_samples": record.num_samples,
            "left_out": facts.get("left_out"),
            "notices": facts.get("notices"),
            "diverged": [
                {"policy": item.policy, "seed": item.seed, "iteration": item.iteration} for item in run.diverged()
            ],
            "experiment": record.experiment,
            "about": {metric: about for about, metrics in run.values().items() for metric in metrics},
            "looked_at": run.looked_at(),
        },
        "rows": [row.plain() for row in run.rows()],
        "noise_floor": [row.plain() for row in run.noise_floor()],
    }


def results_table(run: Run, *, width: int) -> Table:
    """Return one line for each policy and iteration, averaged over seeds; metrics that `width` has no room for wait.

    Of an unfinished run, only iterations that all seeds have are averaged. A spread is the standard error over seeds
    or, of one seed, the one that the metric measured beside its value. The last line is the noise floor, real data in
    the place of samples; where policies differ in it, each has a line.
    """
    rows = list(run.rows())
    units = {row.metric: row.unit for row in rows}
    measured = {metric: _measured(run, rows, metric) for metric in units}
    shown = _shown_metrics(run, width, max((each.longest for each in measured.values()), default=0))
    hidden = len(measured) - len(shown)
    caption = " · ".join(f"{metric}: {units[metric]}" for metric in shown)
    caption += " · ±: standard error" if _has_errors(run) else ""
    caption += " · medians: show --quantiles" if any(row.quantiles for row in rows) else ""
    caption += _looked_at(run, shown)
    if missing := run.missing():
        caption += f"\nNot measured yet, or no longer there: {named(missing)}"
    table = Table(
        title=f"{run.record.name}: T = {run.record.num_samples:,} {run.record.unit}s",
        caption=caption + (f" · {hidden} more: show --json, or a wider terminal" if hidden else ""),
    )
    for header in ("policy", "iteration", "trained on"):
        table.add_column(header.replace(" ", "\n"), justify="left" if header == "policy" else "right")
    for metric in shown:
        table.add_column(metric.replace("_", "\n"), justify="right", no_wrap=True)
        if metric == "test_loss":
            table.add_column("change\nfrom 1", justify="right", no_wrap=True)

    diverged = {(item.policy, item.iteration) for item in run.diverged()}
    for policy, iterations in _by_policy(run.record.iterations).items():
        for number, recorded in iterations.items():
            mark = " diverged" if (policy, number) in diverged else ""
            cells = [policy, _numbered(number, run.other_estimators) + mark, f"{_num_trained(recorded):,}"]
            for metric in shown:
                cells.append(measured[metric].mean(policy, number))
                if metric == "test_loss":
                    cells.append(measured[metric].change(policy, number))
            table.add_row(*cells, end_section=number == max(iterations))
    for name, floor in noise_floors(run.noise_floor()).items():
        table.add_row(name, "", "", *_floor_cells(floor, {metric: measured[metric].column for metric in shown}))
    return table


def _looked_at(run: Run, shown: Sequence[str]) -> str:
    """Return of how many samples of every model the shown values are."""
    known, by_num = run.looked_at(), defaultdict[int, list[str]](list)
    for metric in shown:
        if metric in known:
            by_num[known[metric]].append(metric)
    told = [f"{num:,} {run.record.unit}s ({', '.join(metrics)})" for num, metrics in by_num.items()]
    return f"\nLooked at of every sample: {', '.join(told)}" if told else ""


@dataclass(frozen=True, eq=False)
class _Measured:
    """One metric as the table shows it.

    Attributes:
        by_policy: what was measured.
        final: of last models that another estimator fitted.
        column: how its numbers are written.
    """

    by_policy: Mapping[str, Series]
    final: Mapping[str, Series]
    column: NumberColumn

    @classmethod
    def of(cls, found: Sequence[Series], final: Sequence[Series]) -> Self:
        column = NumberColumn.of(each.mean(n) for each in (*found, *final) for n in each.curve)
        return cls({each.policy: each for each in found}, {each.policy: each for each in final}, column)

    def mean(self, policy: str, number: int) -> str:
        found = [each[policy] for each in (self.by_policy, self.final) if policy in each]
        return next((_mean(each, number, self.column) for each in found if number in each.iterations), "-")

    def level(self, value: float | None) -> str:
        """Return a number without an error."""
        return "not finite" if value is None else self.column.number(value, None)

    def change(self, policy: str, number: int) -> str:
        """Return the change of the mean from iteration 1, which is over the same seeds."""
        measured = self.by_policy.get(policy)
        if number == FIRST:
            return ""
        if measured is None or not {FIRST, number} <= set(measured.iterations):
            return "-"
        first, last = measured.mean(FIRST), measured.mean(number)
        return "-" if first is None or last is None else self.column.change(first, last)

    @property
    def longest(self) -> int:
        """Letters of the longest mean."""
        every = [self.mean(policy, n) for policy, measured in self.by_policy.items() for n in measured.iterations]
        return max(map(len, every), default=0)


def _measured(run: Run, rows: Sequence[Row], metric: str) -> _Measured:
    final = run.final_estimator
    return _Measured.of(series(rows, metric), series(rows, metric, estimator=final) if final else [])


def _numbered(iteration: int, others: Mapping[int, str]) -> str:
    """Return the number of an iteration, with what fitted its model where that is not what fits the others."""
    return f"{iteration} ({others[iteration]})" if iteration in others else str(iteration)


def _mean(measured: Series, number: int, column: NumberColumn) -> str:
    mean = measured.mean(number)
    return "not finite" if mean is None else column.number(mean, measured.standard_error(number))


def _floor_cells(floor: Sequence[Row], columns: Mapping[str, NumberColumn]) -> list[str]:
    cells: list[str] = []
    for metric, column in columns.items():
        cells += [_mean(each, FIRST, column) for each in series(floor, metric)] or [""]
        if metric == "test_loss":
            cells.append("")
    return cells


def _shown_metrics(run: Run, width: int, longest: int) -> list[str]:
    """Return the metrics that there is room for: first one of every score, then the second ones, ..."""
    groups = list(run.values().values())
    by_rank = [group[rank] for rank in range(max(map(len, groups), default=0)) for group in groups if rank < len(group)]
    cell = max(longest + 3, 18 if _has_errors(run) else 9)
    room = max(1, (width - 50) // cell)
    chosen = set(by_rank[:room])
    return [metric for group in groups for metric in group if metric in chosen]


def _has_errors(run: Run) -> bool:
    """Whether some values have a standard error: over seeds, or one that the metric measured."""
    is_measured = any(row.standard_error is not None for row in run.rows())
    return is_measured or len({item.seed for item in run.record.iterations}) > 1


def quantiles_table(run: Run) -> Table:
    """Return median and quantiles over replicates of every value, policy and iteration, averaged over seeds.

    Raises:
        UserError: if none were recorded.
    """
    rows = list(run.rows())
    table = Table("metric", "policy", title=f"{run.record.name}: over replicates", caption=QUANTILES_CAPTION)
    for header in ("iteration", "mean", *(f"{level:.0%}".replace("50%", "median") for level in Quantiles.LEVELS)):
        table.add_column(header, justify="right", no_wrap=True)
    for metric in dict.fromkeys(row.metric for row in rows if row.quantiles):
        measured = _measured(run, rows, metric)
        for each in (*measured.by_policy.values(), *measured.final.values()):
            for number in each.iterations:
                levels = each.quantiles(number)
                cells = [measured.level(value) for value in (each.mean(number), *(astuple(levels) if levels else ()))]
                table.add_row(metric, each.policy, _numbered(number, run.other_estimators), *cells)
    if not table.rows:
        raise UserError(NO_QUANTILES.format(run=run.directory))
    return table


def training_sets_table(run: Run) -> Table:
    """Return what every training set was made of."""
    table = Table("policy", "seed", "iteration", "source", f"{run.record.unit}s", "weight", "key")
    for item in run.record.iterations:
        for part in item.train:
            drawn = "" if item.drawn is None else f" (of which {item.drawn:,} of the union drawn)"
            table.add_row(
                item.policy, str(item.seed), str(item.iteration), part.source, f"{part.num_examples:,}{drawn}",
                f"{part.weight:g}", part.key,
            )  # fmt: skip
    return table


def plan_table(plan: Plan, unit: str, others: Mapping[int, str]) -> Table:
    """Return what the steps of a run take, those of one iteration, policy and kind together: all seeds and metrics.

    What policies share stands under the first of them.

    Args:
        plan: the steps.
        unit: what one example is.
        others: iterations whose model another estimator fits, and which.
    """
    groups: dict[tuple[int, str, str], list[PlannedStep]] = defaultdict(list)
    for planned in plan.steps:
        groups[planned.iteration.number, policy_name(planned.iteration.policy), planned.step.kind].append(planned)
    table = Table("iteration", "policy", "step", "number", "state", "time", f"{unit}s", "FLOPs", "disk")
    for (iteration, policy, kind), steps in groups.items():
        costs = [planned.cost for planned in steps]
        examples, flops = sum(cost.examples for cost in costs), sum(cost.flops for cost in costs)
        taken = (f"{examples:,}", f"{flops:.1e}", size(sum(cost.disk_bytes for cost in costs))) if examples else ()
        time = duration(sum(planned.seconds for planned in steps))
        table.add_row(_numbered(iteration, others), policy, kind, str(len(steps)), _state(steps), time, *taken)
    return table


def _state(steps: Sequence[PlannedStep]) -> str:
    num_done = sum(planned.is_done for planned in steps)
    if 0 < num_done < len(steps):
        return f"{num_done} done"
    return "done" if num_done else "to do"


def plan_summary(plan: Plan, unit: str) -> str:
    """Return what is left to do, in one sentence."""
    missing = plan.missing
    if not missing:
        return f"All {len(plan.steps)} steps are done."
    flops = sum(planned.cost.flops for planned in missing)
    disk = sum(planned.cost.disk_bytes for planned in missing)
    fits = [planned for planned in missing if planned.step.kind == "fit"]
    trained = sum(planned.cost.examples for planned in fits)
    return (
        f"{len(missing)} of {len(plan.steps)} steps to do, {len(fits)} of them fits over {trained:,} {unit}s in all: "
        f"{flops:.1e} FLOPs, about {duration(plan.seconds_left)} on this machine, {size(disk)} of disk."
    )


def _by_policy(iterations: Sequence[RecordedIteration]) -> dict[str, dict[int, RecordedIteration]]:
    found: dict[str, dict[int, RecordedIteration]] = defaultdict(dict)
    for item in sorted(iterations, key=lambda item: item.iteration):
        found[item.policy].setdefault(item.iteration, item)
    return found


def _num_trained(item: RecordedIteration) -> int:
    return sum(part.num_examples for part in item.train) if item.drawn is None else item.drawn

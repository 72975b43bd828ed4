"""Charts that are switched together, each state with the table of its numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from genloop.analysis.arms import Arm
from genloop.numerals import plain, unsigned
from genloop.report.html.charts import Chart, metric_chart
from genloop.report.html.learning import Losses, Steps, losses_within_fits
from genloop.report.html.metric_curves import MetricCurves, Point, metric_curves
from genloop.report.html.text_table import TextTable
from genloop.report.html.theme import REAL_DATA, iteration_colours
from genloop.report.html.training_sets import composition, shares_chart, sizes_chart, tallest
from genloop.report.palette import Style, thinned
from genloop.runs.record import RecordedIteration
from genloop.theory.student import LEVEL

OTHER_MODEL = "The open mark is of another estimator, and compared with no other model."
INTERVALS = f"{100 * LEVEL:g} % intervals"


@dataclass(frozen=True)
class View:
    """One state of a group.

    Attributes:
        name: by which it is chosen.
        kind: of view, under which it stands among the choices; empty where all are of one.
        about: what is shown.
        charts: side by side.
        table: the numbers.
    """

    name: str
    kind: str
    about: str
    charts: Sequence[Chart]
    table: TextTable


@dataclass(frozen=True)
class Group:
    """Charts side by side, of which one view is shown at a time.

    Attributes:
        views: what can be chosen.
        titles: of the charts; empty for a single one.
        legend: label -> colour; empty where charts have legends of their own.
    """

    views: Sequence[View]
    titles: Sequence[str] = ()
    legend: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> list[list[dict[str, Any]]]:
        """Return what the page's script reads: for each view, its charts."""
        return [[vars(chart) for chart in view.charts] for view in self.views]


def metric_group(arms: Sequence[Arm], looks: Mapping[str, Style]) -> Group | None:
    """Return every measured metric against the iteration; None where nothing is measured yet."""
    views = [
        View(
            f"{metric.title} ({metric.unit})",
            metric.aspect,
            _about(metric),
            [metric_chart(metric, looks)],
            _metric_table(metric),
        )
        for metric in metric_curves(arms)
    ]
    return Group(views) if views else None


def learning_group(arms: Sequence[Arm]) -> Group | None:
    """Return the losses within fits, one chart for each policy; None where no fit kept any."""
    kinds = losses_within_fits(arms)
    labels = [arm.label for arm in arms if all(arm.label in losses.fits for losses in kinds)]
    if not kinds or not labels:
        return None
    views = [
        View(losses.name, "", losses.about, [losses.chart(label) for label in labels], _learning_table(losses, labels))
        for losses in kinds
    ]
    numbers = {number for losses in kinds for fits in losses.fits.values() for number in fits}
    colours = iteration_colours(_last(arms))
    return Group(views, labels, {f"iteration {number}": colours[number - 1] for number in sorted(numbers)})


def training_sets_group(arms: Sequence[Arm]) -> Group:
    """Return what every training set was made of, one chart for each policy."""
    height = tallest(arms)
    table = _training_sets_table(arms)
    views = [
        View("shares", "", "", [shares_chart(arm) for arm in arms], table),
        View("sizes in units of T", "", "", [sizes_chart(arm, height) for arm in arms], table),
    ]
    colours = iteration_colours(_last(arms))
    models = {f"model {number}": colours[number - 1] for number in thinned(_last(arms) - 1)}
    return Group(views, [arm.label for arm in arms], {"real data": REAL_DATA} | models)


def _about(metric: MetricCurves) -> str:
    """Return what was measured, and what is drawn besides the means."""
    points = [point for curve in metric.curves for point in curve.points.values()]
    most_seeds = max(point.num_seeds for point in points)
    if most_seeds > 1:
        bars = f"Bars are {INTERVALS} over {most_seeds} seeds."
    elif any(point.margin for point in points):
        bars = f"Bars are {INTERVALS} of the measurement; one seed tells nothing of other fits."
    else:
        bars = "One seed: no interval."
    theory = "Thin dashes of a policy's colour are theory's prediction, in which no constant is fitted."
    floor = "Grey dashes are the noise floor: what as many real data score in the place of samples."
    band = "A band holds 90 % of the replicates, and dots are their median: the mean alone hides how loops differ."
    parts = [f"Measured: {metric.about}.", bars]
    parts += [band] * any(curve.has_band for curve in metric.curves)
    parts += [OTHER_MODEL] * any(curve.final for curve in metric.curves)
    parts += [f"Of every sample, {metric.looked_at} are looked at."] * bool(metric.looked_at)
    parts += [theory] * any(curve.theory for curve in metric.curves) + [floor] * bool(metric.floors)
    return " ".join(parts)


def spread(point: Point | None) -> str:
    """Return a number with half the width of its interval, where there are any."""
    if point is None:
        return ""
    if point.mean is None:
        return "not finite" + _median(point)
    return (plain(point.mean) if point.margin is None else unsigned(point.mean, point.margin)) + _median(point)


def _median(point: Point) -> str:
    found = point.quantiles
    return "" if found is None or found.median is None else f" (median {plain(found.median)})"


def _metric_table(metric: MetricCurves) -> TextTable:
    header = ["iteration", *(curve.label for curve in metric.curves)]
    rows = [
        [str(number), *(spread(curve.points.get(number)) for curve in metric.curves)]
        for number in sorted({number for curve in metric.curves for number in curve.points})
    ]
    others = dict.fromkeys((number, curve.final_estimator) for curve in metric.curves for number in curve.final)
    rows += [
        [f"{number} ({name})", *(spread(curve.final.get(number)) for curve in metric.curves)] for number, name in others
    ]
    floors = [[name, spread(floor)] for name, floor in metric.floors.items()]
    return TextTable(header, rows + [[*floor, *[""] * (len(header) - 2)] for floor in floors])


def _learning_table(losses: Losses, labels: Sequence[str]) -> TextTable:
    numbers = sorted({number for label in labels for number in losses.fits[label]})
    rows = [[str(number), *(_way(losses.fits[label].get(number, {})) for label in labels)] for number in numbers]
    return TextTable(["iteration", *labels], rows)


def _way(steps: Steps) -> str:
    losses = ["not finite" if loss is None else plain(loss) for loss in steps.values()]
    return f"{losses[0]} to {losses[-1]}" if losses else ""


def _training_sets_table(arms: Sequence[Arm]) -> TextTable:
    items: dict[str, dict[int, RecordedIteration]] = {
        arm.label: {item.iteration: item for item in arm.first_seed} for arm in arms
    }
    rows = [
        [str(number), *(composition(of_policy[number]) if number in of_policy else "" for of_policy in items.values())]
        for number in range(1, _last(arms) + 1)
    ]
    return TextTable(["iteration", *items], rows)


def _last(arms: Sequence[Arm]) -> int:
    return max(item.iteration for arm in arms for item in arm.iterations)

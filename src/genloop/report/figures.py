"""Figures of a run, as files."""

from collections.abc import Sequence
from pathlib import Path
from statistics import mean, stdev

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genloop.record import Run
from genloop.report.overlay import predicted_test_loss
from genloop.report.tables import Curve, curves
from genloop.types import STANDARD_ERROR

# Okabe and Ito's colours, told apart by colour-blind readers too.
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
MARKERS = "osD^vP*"


def draw_metric(run: Run, metric: str, path: Path) -> None:
    """Draw a metric against the iteration, one line for each policy, with standard errors as in `results_table`."""
    rows = list(run.rows())
    unit = next((row.unit for row in rows if row.metric == metric), "")
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    errors = curves(rows, metric + STANDARD_ERROR)
    predicted = predicted_test_loss(run) if metric == "test_loss" else {}
    for number, (policy, curve) in enumerate(curves(rows, metric).items()):
        draw_curve(axes, policy, curve, errors.get(policy, {}), number)
        if policy in predicted:
            colour = COLOURS[number % len(COLOURS)]
            values = predicted[policy]
            axes.plot(range(1, len(values) + 1), values, "--", color=colour, label=f"{policy}, theory")
    axes.set_xlabel("iteration")
    axes.set_ylabel(f"{metric.replace('_', ' ')} ({unit})")
    about = next((about for about, metrics in run.values().items() if metric in metrics), "")
    axes.set_title(f"{run.record.name}: {about}", fontsize=10)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", alpha=0.3)
    if axes.lines:
        axes.legend(frameon=False)
    figure.savefig(path, dpi=160, metadata={"Software": "genloop"})


def draw_curve(axes: Axes, label: str, curve: Curve, errors: Curve, number: int) -> None:
    """Draw line `number` of some axes; its bars are standard errors over seeds or, of one seed, those in `errors`."""
    finite = {n: [v for v in values if v is not None] for n, values in sorted(curve.items())}
    points = {n: values for n, values in finite.items() if values}
    colour = COLOURS[number % len(COLOURS)]
    axes.errorbar(
        list(points),
        [mean(values) for values in points.values()],
        yerr=[_standard_error(values, errors.get(n, [])) for n, values in points.items()],
        color=colour, marker=MARKERS[number % len(MARKERS)], capsize=3, linewidth=2, label=label,
    )  # fmt: skip


def _standard_error(values: Sequence[float], errors: Sequence[float | None]) -> float:
    return stdev(values) / len(values) ** 0.5 if len(values) > 1 else next(iter(errors), None) or 0.0

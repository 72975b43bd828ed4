"""Learning curves: the test loss of a model on the way through its fit, as `metrics.learning_curve` measured it."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genloop.analysis.lines import Line
from genloop.analysis.series import LEARNING_CURVE, series
from genloop.report.figures.look import COLUMN_INCHES, drawing, legend_below, panels, thinned
from genloop.report.figures.palette import ordered
from genloop.runs.record import Run

PANEL_INCHES = 1.7  # height

Steps = dict[float, float | None]  # optimiser steps -> test loss, averaged over seeds; None where it is not finite


def learning_curves(line: Line) -> dict[int, Steps]:
    """Return, for every iteration, the test loss by optimiser steps; nothing where none was measured."""
    found: dict[int, Steps] = defaultdict(dict)
    num_steps = {item.iteration: _num_steps(line.run, item.model) for item in line.first_seed}
    metrics = {row.metric for row in line.rows if row.metric.startswith(LEARNING_CURVE)}
    for share, metric in sorted((float(metric.removeprefix(LEARNING_CURVE)), metric) for metric in metrics):
        for measured in series(line.rows, metric):
            for number in measured.iterations:
                found[number][share * num_steps[number]] = measured.mean(number)
    return {number: found[number] for number in sorted(found)}


def draw_learning_curves(lines: Sequence[Line], *paths: Path) -> None:
    """Draw one panel for each policy with one line for each iteration, against optimiser steps."""
    curves = [learning_curves(line) for line in lines]
    last = max(max(each, default=1) for each in curves)
    colours, named = ordered(last), thinned(last)
    num_columns = 1 if len(lines) < 3 else 2
    height = PANEL_INCHES * -(-len(lines) // num_columns) + 0.3
    with drawing(*paths, width=COLUMN_INCHES * num_columns, height=height) as figure:
        titles = [line.label for line in lines]
        places = panels(figure, titles, x="optimiser steps", y="test loss (nats/token)", num_columns=num_columns)
        for axes, curve in zip(places, curves, strict=True):
            for number, points in curve.items():
                steps, losses = list(points), np.array(list(points.values()), float)
                label = f"iteration {number}" if number in named else ""
                axes.plot(steps, losses, "o-", markersize=2, color=colours[number - 1], label=label)
        legend_below(figure)


def _num_steps(run: Run, model: str) -> int:
    """Return the optimiser steps of a fit; 1 of one that has none."""
    manifest = run.manifest(model)
    return manifest.inputs["estimator"].get("num_steps", 1) if manifest else 1

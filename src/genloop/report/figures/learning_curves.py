"""Learning curves of fits, beside one another."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genloop.analysis.arms import Arm
from genloop.analysis.learning_curves import learning_curves
from genloop.report.figures.look import COLUMN_INCHES, drawing, legend_below, panels
from genloop.report.palette import ordered, thinned

PANEL_INCHES = 1.7  # height


def draw_learning_curves(arms: Sequence[Arm], *paths: Path) -> None:
    """Draw one panel for each policy with one line for each iteration, against optimiser steps."""
    curves = [learning_curves(arm) for arm in arms]
    last = max(max(each, default=1) for each in curves)
    colours, named = ordered(last), thinned(last)
    num_columns = 1 if len(arms) < 3 else 2
    height = PANEL_INCHES * -(-len(arms) // num_columns) + 0.3
    with drawing(*paths, width=COLUMN_INCHES * num_columns, height=height) as figure:
        titles = [arm.label for arm in arms]
        places = panels(figure, titles, x="optimiser steps", y="test loss (nats/token)", num_columns=num_columns)
        for axes, curve in zip(places, curves, strict=True):
            for number, points in curve.items():
                steps, losses = list(points), np.array(list(points.values()), float)
                label = f"iteration {number}" if number in named else ""
                axes.plot(steps, losses, "o-", markersize=2, color=colours[number - 1], label=label)
        legend_below(figure)

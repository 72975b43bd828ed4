"""What the training sets of a run were made of, as stacked bars."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genloop.analysis.arms import Arm
from genloop.analysis.training_sets import shares
from genloop.report.figures.look import COLUMN_INCHES, count_iterations, drawing, legend_below, panels
from genloop.report.palette import REAL, ordered, thinned

PANEL_INCHES = 1.6  # height


def draw_training_sets(arms: Sequence[Arm], *paths: Path) -> None:
    """Draw one panel for each policy with one bar for each iteration, in units of T, the first training set."""
    last = max(item.iteration for arm in arms for item in arm.iterations)
    models = [f"model {number}" for number in range(1, last)]
    colours = {"real": REAL, **dict(zip(models, ordered(len(models)), strict=True))}
    named = {"real", *(f"model {number}" for number in thinned(len(models)))}
    is_weighted = any(part.weight != 1 for arm in arms for item in arm.iterations for part in item.train)
    with drawing(*paths, width=COLUMN_INCHES, height=PANEL_INCHES * -(-len(arms) // 2) + 0.3) as figure:
        titles = [arm.label for arm in arms]
        what = "training set (T, weighted)" if is_weighted else "training set (T)"
        places = panels(figure, titles, x="iteration", y=what, num_columns=2)
        for axes, arm in zip(places, arms, strict=True):
            count_iterations(axes)
            heights = np.zeros(last)
            for source, colour in colours.items():
                amounts = _amounts(arm, source, last)
                label = source if source in named else ""
                axes.bar(range(1, last + 1), amounts, bottom=heights, width=0.8, color=colour, label=label)
                heights += amounts
        legend_below(figure)


def _amounts(arm: Arm, source: str, last: int) -> np.ndarray:
    """Return how much of a source every training set has, in units of T, shape (iteration,)."""
    amounts = np.zeros(last)
    for item in arm.first_seed:
        amounts[item.iteration - 1] = shares(item).get(source, 0.0) / arm.run.record.num_samples
    return amounts

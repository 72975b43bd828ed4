"""What the training sets of a run were made of, as stacked bars: how much of each came from where."""

from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from genloop.analysis.lines import Line
from genloop.report.figures.look import COLUMN_INCHES, count_iterations, drawing, legend_below, panels, thinned
from genloop.report.figures.palette import REAL, ordered
from genloop.runs.record import RecordedIteration

PANEL_INCHES = 1.6  # height


def shares(item: RecordedIteration) -> dict[str, float]:
    """Return how many examples of each source a model was fitted on, times their weights; of a draw, the expected."""
    kept = 1.0 if item.drawn is None else item.drawn / sum(part.num_examples for part in item.train)
    amounts: dict[str, float] = defaultdict(float)
    for part in item.train:
        amounts[part.source] += kept * part.num_examples * part.weight
    return amounts


def draw_training_sets(lines: Sequence[Line], *paths: Path) -> None:
    """Draw one panel for each policy with one bar for each iteration, in units of T, the first training set."""
    last = max(item.iteration for line in lines for item in line.iterations)
    models = [f"model {number}" for number in range(1, last)]
    colours = {"real": REAL, **dict(zip(models, ordered(len(models)), strict=True))}
    named = {"real", *(f"model {number}" for number in thinned(len(models)))}
    is_weighted = any(part.weight != 1 for line in lines for item in line.iterations for part in item.train)
    with drawing(*paths, width=COLUMN_INCHES, height=PANEL_INCHES * -(-len(lines) // 2) + 0.3) as figure:
        titles = [line.label for line in lines]
        what = "training set (T, weighted)" if is_weighted else "training set (T)"
        places = panels(figure, titles, x="iteration", y=what, num_columns=2)
        for axes, line in zip(places, lines, strict=True):
            count_iterations(axes)
            heights = np.zeros(last)
            for source, colour in colours.items():
                amounts = _amounts(line, source, last)
                label = source if source in named else ""
                axes.bar(range(1, last + 1), amounts, bottom=heights, width=0.8, color=colour, label=label)
                heights += amounts
        legend_below(figure)


def _amounts(line: Line, source: str, last: int) -> np.ndarray:
    """Return how much of a source every training set has, in units of T, shape (iteration,)."""
    amounts = np.zeros(last)
    for item in line.first_seed:
        amounts[item.iteration - 1] = shares(item).get(source, 0.0) / line.run.record.num_samples
    return amounts

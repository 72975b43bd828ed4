"""Figures of several panels: a metric against the iteration, with standard errors over seeds."""

from collections.abc import Mapping
from pathlib import Path

from genloop.analysis.series import Curve
from genloop.report.figures.look import COLUMN_INCHES, PAGE_INCHES, count_iterations, drawing, legend_below, panels
from genloop.report.figures.metric_curve import draw_curve
from genloop.report.palette import styles

PANEL_INCHES = 2.2  # height
Panels = Mapping[str, Mapping[str, Curve]]  # title of a panel -> label of a line -> its values


def draw_panels(curves: Panels, path: Path, *, what: str = "test loss (nats/token)", num_columns: int = 2) -> None:
    """Draw one panel for each title, all with the same axis of `what`; equal labels have equal colours."""
    looks = styles(label for lines in curves.values() for label in lines)
    num_rows = -(-len(curves) // num_columns)
    width = min(COLUMN_INCHES * num_columns, PAGE_INCHES)
    with drawing(path, width=width, height=PANEL_INCHES * num_rows) as figure:
        places = panels(figure, list(curves), x="iteration", y=what, num_columns=num_columns)
        for axes, lines in zip(places, curves.values(), strict=True):
            count_iterations(axes)
            for label, curve in lines.items():
                draw_curve(axes, label, curve, {}, looks[label])
        legend_below(figure)

"""Figures of several panels: a metric against the iteration, with standard errors over seeds."""

from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from genloop.report.figures import draw_curve
from genloop.report.tables import Curve

Panels = Mapping[str, Mapping[str, Curve]]  # title of a panel -> label of a line -> its values
LETTERS_PER_INCH = 12  # of a legend, about
LETTERS_OF_MARKER = 8  # what an entry of the legend takes besides its letters


def draw_panels(panels: Panels, path: Path, *, what: str = "test loss (nats/token)", num_columns: int = 2) -> None:
    """Draw one panel for each title, all with the same axis of `what`; equal labels have equal colours."""
    num_rows = -(-len(panels) // num_columns)
    figure = Figure(figsize=(3.6 * num_columns, 3.2 * num_rows + 0.6), layout="constrained")
    grid = figure.subplots(num_rows, num_columns, sharey=True, sharex=True, squeeze=False)
    labels = list(dict.fromkeys(label for lines in panels.values() for label in lines))
    for axes, (title, lines) in zip(grid.flat, panels.items(), strict=True):
        for label, curve in lines.items():
            draw_curve(axes, label, curve, {}, labels.index(label))
        axes.set_title(title, fontsize=10)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    for axes in grid[:, 0]:
        axes.set_ylabel(what)
    for axes in grid[-1]:
        axes.set_xlabel("iteration")
    handles = {
        label: handle for axes in grid.flat for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    fitting = int(LETTERS_PER_INCH * figure.get_figwidth() / (max(map(len, handles)) + LETTERS_OF_MARKER))
    num_beside = max(1, min(fitting, len(handles)))
    figure.legend(handles.values(), handles, loc="outside lower center", ncols=num_beside, frameon=False)
    figure.savefig(path, dpi=160, metadata={"Software": "genloop"})

"""The one look of all figures: small enough for a column of a paper, and the same bytes whenever they are drawn.

Text stays text: PDF has it in TrueType (type 42, which journals ask for), SVG as letters that can be edited, searched
and read aloud, and that a reader without our font sees in another. Files carry no date.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from genloop.errors import UserError

COLUMN_INCHES = 3.3  # width of a column of a paper with two
PAGE_INCHES = 6.8  # width of both
POINTS = 8.0  # size of text
LETTERS_PER_INCH = 15  # of text, about
LETTERS_OF_MARKER = 7  # what an entry of a legend takes besides its letters
LINE_INCHES = 0.17  # height of a line of a legend
MOST_MARKERS = 20  # of a line
METADATA = {
    ".pdf": {"Creator": "genloop", "CreationDate": None},
    ".svg": {"Creator": "genloop", "Date": None},
    ".png": {"Software": "genloop"},
}
FORMATS = ("pdf", "svg", "png")
LOOK: dict[str, Any] = {
    "font.size": POINTS,
    "axes.titlesize": POINTS,
    "axes.labelsize": POINTS,
    "xtick.labelsize": POINTS - 1,
    "ytick.labelsize": POINTS - 1,
    "legend.fontsize": POINTS - 1,
    "figure.titlesize": POINTS,
    "figure.labelsize": POINTS,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "xtick.major.size": 2.5,
    "ytick.major.size": 2.5,
    "lines.linewidth": 1.2,
    "lines.markersize": 3.5,
    "errorbar.capsize": 1.5,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "grid.alpha": 0.3,
    "grid.linewidth": 0.5,
    "legend.frameon": False,
    "legend.handlelength": 2.6,  # long enough to show a dash
    "text.parse_math": False,  # names are not ours, and may have dollars in them
    "savefig.dpi": 300,
    "pdf.fonttype": 42,
    "svg.fonttype": "none",
    "svg.hashsalt": "genloop",  # else names within the file are drawn by lot
}


@contextmanager
def drawing(*paths: Path, width: float = COLUMN_INCHES, height: float = 2.3) -> Iterator[Figure]:
    """Give an empty figure and, when the block ends well, write it to the files.

    Args:
        paths: the files (pdf, svg, png).
        width: in inches.
        height: in inches.

    Raises:
        UserError: if a file is of another kind.
    """
    for path in paths:
        if path.suffix not in METADATA:
            raise UserError(f"{path} is of no kind that can be drawn. Name a file that ends in .pdf, .svg or .png.")
    with style.context(LOOK, after_reset=True):  # whatever the reader's own settings of matplotlib are
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        for path in paths:
            figure.savefig(path, metadata=METADATA[path.suffix])


def panels(figure: Figure, titles: Sequence[str], *, x: str, y: str, num_columns: int) -> list[Axes]:
    """Divide a figure into axes with the same scales, one for each title, in rows from left to right.

    Args:
        figure: the figure.
        titles: of the axes; one without any may be "".
        x: what is from left to right.
        y: what is upwards.
        num_columns: axes in a row, at most.
    """
    num_columns = min(num_columns, len(titles))
    grid = figure.subplots(-(-len(titles) // num_columns), num_columns, sharex=True, sharey=True, squeeze=False)
    used, unused = list(grid.flat[: len(titles)]), grid.flat[len(titles) :]
    for axes in unused:
        axes.remove()
    for axes, title in zip(used, titles, strict=True):
        axes.set_title(title)
    for axes in used[::num_columns]:
        axes.set_ylabel(y)
    for axes in used[-num_columns:]:
        axes.set_xlabel(x)
        axes.tick_params(labelbottom=True)
    return used


def count_iterations(axes: Axes) -> None:
    """Let axes have whole numbers only from left to right."""
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))


def spacing(num: int) -> int:
    """Return at which points of a line of so many there are markers: every one, every second, ..."""
    return max(1, -(-num // MOST_MARKERS))


def rise_by_factors(axes: Axes) -> None:
    """Let axes have a logarithmic scale upwards."""
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(LogFormatter())


def thinned(num: int, *, most: int = 6) -> list[int]:
    """Return which of so many things, counted from 1, are named in a legend: all, or some with the first and last."""
    places = range(min(num, most))
    return [round(1 + place * (num - 1) / max(1, len(places) - 1)) for place in places]


def legend_below(figure: Figure) -> None:
    """Explain the lines of all axes below them, each label once; the figure grows by what that takes."""
    handles = {
        label: handle for axes in figure.axes for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if not handles:
        return
    fitting = int(LETTERS_PER_INCH * figure.get_figwidth() / (max(map(len, handles)) + LETTERS_OF_MARKER))
    num_beside = max(1, min(fitting, len(handles)))
    figure.legend(list(handles.values()), list(handles), loc="outside lower center", ncols=num_beside)
    figure.set_figheight(figure.get_figheight() + LINE_INCHES * -(-len(handles) // num_beside))

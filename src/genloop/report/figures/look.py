"""The one look of all figures: small enough for a column of a paper, and the same bytes whenever they are drawn.

Text stays text: PDF has it in TrueType (type 42, which journals ask for), SVG as letters that can be edited, searched
and read aloud, and that a reader without our font sees in another. Files carry no date.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from textwrap import fill
from typing import Any

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.container import Container
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter, MaxNLocator

from genloop.errors import UserError
from genloop.files import replacing

COLUMN_INCHES = 3.3  # width of a column of a paper with two
PAGE_INCHES = 6.8  # width of both
POINTS = 8.0  # size of text
LETTERS_PER_INCH = 13  # of text, about
SMALL_LETTERS_PER_INCH = 15  # of that in legends
SAMPLE_INCHES = 0.5  # what an entry of a legend takes besides its letters
LINE_INCHES = 0.17  # height of a line of text
AXIS = 0.8  # length of an axis upwards, over the height of its panel
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
        UserError: if a file is of another kind, or cannot be written.
    """
    for path in paths:
        if path.suffix not in METADATA:
            raise UserError(f"{path} is of no kind that can be drawn. Name a file that ends in .pdf, .svg or .png.")
    with style.context(LOOK, after_reset=True):  # whatever the reader's own settings of matplotlib are
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure
        for path in paths:
            _save(figure, path)


def _save(figure: Figure, path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with replacing(path) as working:
            figure.savefig(working, format=path.suffix[1:], metadata=METADATA[path.suffix])
    except OSError as error:
        raise UserError(f"{path} cannot be written ({error.strerror}). Choose another place.") from error


def panels(
    figure: Figure, titles: Sequence[str], *, x: str, y: str, num_columns: int = 1, share_y: bool = True
) -> list[Axes]:
    """Divide a figure into axes, one for each title, in rows from left to right.

    Args:
        figure: the figure.
        titles: of the axes; one without any may be "".
        x: what is from left to right.
        y: what is upwards.
        num_columns: axes in a row, at most.
        share_y: whether all have one scale upwards, as they have from left to right.
    """
    num_columns = min(num_columns, len(titles))
    num_rows = -(-len(titles) // num_columns)
    grid = figure.subplots(num_rows, num_columns, sharex=True, sharey=share_y, squeeze=False)
    used, unused = list(grid.flat[: len(titles)]), grid.flat[len(titles) :]
    for axes in unused:
        axes.remove()
    panel_width, panel_height = figure.get_figwidth() / num_columns, figure.get_figheight() / num_rows
    for axes, title in zip(used, titles, strict=True):
        axes.set_title(folded(title, panel_width))
    for axes in used[::num_columns]:
        axes.set_ylabel(folded(y, AXIS * panel_height))
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


def folded(text: str, width: float, letters_per_inch: int = LETTERS_PER_INCH) -> str:
    """Return text on as many lines as it needs in so many inches."""
    return "\n".join(fill(line, max(8, int(letters_per_inch * width))) for line in text.split("\n"))


def legend_below(figure: Figure) -> None:
    """Explain the lines of all axes below them, each label once; the figure grows by what that takes."""
    entries = [entry for axes in figure.axes for entry in zip(*axes.get_legend_handles_labels(), strict=True)]
    what_was_measured_first = sorted(entries, key=lambda entry: not isinstance(entry[0], Container))
    handles = {label: handle for handle, label in what_was_measured_first}
    if not handles:
        return
    width = figure.get_figwidth() - SAMPLE_INCHES
    labels = [folded(label, width, SMALL_LETTERS_PER_INCH) for label in handles]
    longest = max(len(line) for label in labels for line in label.split("\n")) / SMALL_LETTERS_PER_INCH
    num_beside = max(1, min(int(figure.get_figwidth() / (longest + SAMPLE_INCHES)), len(labels)))
    figure.legend(list(handles.values()), labels, loc="outside lower center", ncols=num_beside)
    num_lines = sum(label.count("\n") + 1 for label in labels)
    figure.set_figheight(figure.get_figheight() + LINE_INCHES * -(-num_lines // num_beside))

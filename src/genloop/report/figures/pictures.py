"""Images as pictures: grids of them, and figures that show the grids of several models side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from genloop.analysis.arms import Arm, arms_of
from genloop.report.figures.look import LINE_INCHES, PAGE_INCHES, drawing, folded
from genloop.report.samples import sampled
from genloop.runs.record import Run

Grids = Mapping[str, Mapping[str, np.ndarray]]  # heading of a column -> label of a row -> images

GAP = 1  # white pixels between images
NUM_COLUMNS = 8  # images in a row of a grid
NUM_ROWS = 5  # iterations in the figure of a run, at most
PANEL_INCHES = 2.1  # width of a grid, at most
LABEL_INCHES = 0.7  # left of the grids
SPACE_INCHES = 0.1  # around a grid


def grid(images: np.ndarray, columns: int = NUM_COLUMNS) -> np.ndarray:
    """Return images as one picture, in rows from left to right, on white.

    Args:
        images: shape (image, row, column, channel), uint8; at least one.
        columns: images in a row.

    Returns:
        Shape (row, column, channel), uint8.
    """
    num, height, width, channels = images.shape
    columns = min(columns, num)
    rows = -(-num // columns)
    cells = np.full((rows * columns, height + GAP, width + GAP, channels), 255, np.uint8)
    cells[:num, :height, :width] = images
    picture = cells.reshape(rows, columns, height + GAP, width + GAP, channels).swapaxes(1, 2)
    return picture.reshape(rows * (height + GAP), columns * (width + GAP), channels)[:-GAP, :-GAP]


def draw_grids(grids: Grids, *paths: Path, columns: int = NUM_COLUMNS, title: str = "") -> None:
    """Draw grids of images side by side, such as policies from left to right and iterations from top to bottom.

    Args:
        grids: images of every column and row, each of shape (image, row, column, channel); a column may lack rows.
        paths: the files (pdf, svg, png).
        columns: images in a row of each grid.
        title: of the figure.
    """
    labels = list(dict.fromkeys(label for column in grids.values() for label in column))
    pictures = {
        heading: {label: grid(images, columns) for label, images in column.items()} for heading, column in grids.items()
    }
    tallest = [max(_tallness(column[label]) for column in pictures.values() if label in column) for label in labels]
    panel = min(PANEL_INCHES, (PAGE_INCHES - LABEL_INCHES) / len(grids) - SPACE_INCHES)
    headings = [folded(heading, panel) for heading in grids]
    width = LABEL_INCHES + (panel + SPACE_INCHES) * len(grids)
    title = folded(title, width)
    num_lines = max(len(heading.split("\n")) for heading in headings) + len(title.splitlines())
    height = LINE_INCHES * num_lines + panel * sum(tallest) + SPACE_INCHES * (len(labels) + 1)
    with drawing(*paths, width=width, height=height) as figure:
        panels = figure.subplots(len(labels), len(grids), squeeze=False, height_ratios=tallest)
        for axes, heading, column in zip(panels.T, headings, pictures.values(), strict=True):
            axes[0].set_title(heading)
            for place, label in zip(axes, labels, strict=True):
                _draw(place, column.get(label))
        for axes, label in zip(panels[:, 0], labels, strict=True):
            axes.set_ylabel(label, rotation="horizontal", ha="right", va="center")  # rows may be low
        figure.suptitle(title)


def draw_images(run: Run, path: Path, *, num: int = 2 * NUM_COLUMNS) -> None:
    """Draw the first `num` images that the models of a run's first seed generated; nothing where there are none."""
    if grids := sampled_grids(arms_of([run]), num):
        draw_grids(grids, path, title=f"{run.record.name}: the first images that the models generated")


def sampled_grids(arms: Sequence[Arm], num: int) -> Grids:
    """Return the first images of every policy, of the first iteration, the last one and some between."""
    grids: dict[str, dict[str, np.ndarray]] = {}
    for arm in arms:
        last = max(item.iteration for item in arm.first_seed)
        shown = set(np.linspace(1, last, min(last, NUM_ROWS)).round())
        for item in arm.first_seed:
            images = sampled(arm.run, item, num).images if item.iteration in shown else ()
            if len(images):
                grids.setdefault(arm.label, {})[f"iteration {item.iteration}"] = np.asarray(images)
    return grids


def _tallness(picture: np.ndarray) -> float:
    return picture.shape[0] / picture.shape[1]


def _draw(axes: Axes, picture: np.ndarray | None) -> None:
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if picture is not None:
        grey = picture.shape[2] == 1
        axes.imshow(picture[:, :, 0] if grey else picture, cmap="gray" if grey else None, vmin=0, vmax=255)

"""Conformations as pictures of what is in space: sticks seen from one side, however broken they are.

A drawing of a molecule's graph would look well whatever its coordinates. Here the sticks are the bonds of the graph
between the atoms where the coordinates put them; those nearer to the viewer are darker.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.lines import Line2D

from genloop.examples import Conformation
from genloop.report.figures.look import PAGE_INCHES, drawing, folded

# Symbols and colours of elements, as in Jmol, darkened where they would not show on white.
ELEMENTS: Mapping[int, tuple[str, str]] = {
    1: ("H", "#b8b8b8"),
    5: ("B", "#ff9c94"),
    6: ("C", "#404040"),
    7: ("N", "#3050f8"),
    8: ("O", "#ff0d0d"),
    9: ("F", "#50b030"),
    14: ("Si", "#c0a080"),
    15: ("P", "#ff8000"),
    16: ("S", "#d0b000"),
    17: ("Cl", "#1f9f1f"),
    35: ("Br", "#a62929"),
    53: ("I", "#940094"),
}
OTHER = ("other", "#ff1493")
PICTURE_DPI = 160
PANEL_INCHES = 1.6  # width of a conformation, at most
HEADING_INCHES = 0.7  # above and below all of them
MARGIN_ANGSTROM = 0.8
WIDEST = 1.3  # of a panel, over the width of the first conformation
LEAST_TALLNESS = 0.5  # of a panel, over its width
PALEST = 0.65  # share of white in the farthest stick
BAR_ANGSTROM = 2.0
SMALL_POINTS = 6  # size of text within a panel


def draw_shapes(rows: Sequence[Mapping[str, Conformation]], *paths: Path, title: str = "") -> None:
    """Draw conformations of one molecule a row, which has one scale.

    Args:
        rows: for each molecule, heading of a column -> conformation. The first is seen along its flattest direction,
            and the others after they were turned onto it.
        paths: the files (pdf, svg, png).
        title: of the figure.
    """
    views = [_views([shape.coordinates for shape in row.values()]) for row in rows]
    reaches = [_reach(view) for view in views]
    headings, tallness = list(rows[0]), [reach[1] / reach[0] for reach in reaches]
    panel = min(PANEL_INCHES, PAGE_INCHES / len(headings))
    with drawing(*paths, width=panel * len(headings), height=panel * sum(tallness) + HEADING_INCHES) as figure:
        panels = figure.subplots(len(rows), len(headings), squeeze=False, height_ratios=tallness)
        for places, row, view, reach in zip(panels, rows, views, reaches, strict=True):
            for axes, shape, seen in zip(places, row.values(), view, strict=True):
                _draw(axes, shape, seen, reach)
            _add_scale(places[0], reach)
        for axes, heading in zip(panels[0], headings, strict=True):
            axes.set_title(folded(heading, panel))
        present = {
            ELEMENTS.get(number, OTHER) for row in rows for shape in row.values() for number in shape.types.tolist()
        }
        keys = [Line2D([], [], color=colour, linewidth=2, label=name) for name, colour in sorted(present)]
        figure.legend(handles=keys, loc="outside lower center", ncols=len(keys))
        figure.suptitle(title)


def shape_picture(shape: Conformation) -> np.ndarray:
    """Return a conformation, turned onto the real one of its molecule and at its scale, as pixels.

    Returns:
        Shape (row, column, channel), uint8.
    """
    views = _views([shape.real, shape.coordinates])
    reach = _reach([WIDEST * views[0]])
    with drawing(width=PANEL_INCHES, height=PANEL_INCHES * reach[1] / reach[0]) as figure:
        figure.set_layout_engine("none")
        figure.set_dpi(PICTURE_DPI)
        axes = figure.add_axes((0, 0, 1, 1))
        _draw(axes, shape, views[1], reach)
        _add_scale(axes, reach)
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        return np.asarray(canvas.buffer_rgba())[:, :, :3]


def _views(conformations: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Return coordinates with x to the right, y up and z towards the viewer, shape (atom, 3) each."""
    reference = conformations[0] - conformations[0].mean(axis=0)
    axes = np.linalg.svd(reference)[2].T
    axes[:, 2] *= np.sign(np.linalg.det(axes))  # no mirror image
    return [turned_onto(each, reference) @ axes for each in conformations]


def _reach(views: Sequence[np.ndarray]) -> np.ndarray:
    """Return how far a panel shows from its centre to the right, up, and towards the viewer, in angstrom.

    All atoms are shown, unless they are far from where the first conformation has any.
    """
    own, all_of_them = np.abs(views[0]).max(axis=0), np.nan_to_num(np.abs(np.concatenate(views))).max(axis=0)
    right, up, near = np.minimum(all_of_them, WIDEST * own.max()) + MARGIN_ANGSTROM
    return np.array([right, max(up, LEAST_TALLNESS * right), near])


def turned_onto(coordinates: np.ndarray, reference: np.ndarray) -> np.ndarray:
    """Return coordinates moved and rotated to be closest to a centred reference, both of shape (atom, 3).

    Atoms whose coordinates are not finite stay so, and the others are turned as far as they tell (Kabsch 1976).
    """
    known = np.isfinite(coordinates).all(axis=1)
    centred = coordinates - coordinates[known].mean(axis=0) if known.any() else coordinates
    left, _, right = np.linalg.svd(centred[known].T @ reference[known])
    signs = np.array([1, 1, np.sign(np.linalg.det(left @ right))])
    return centred @ ((left * signs) @ right)


def _draw(axes: Axes, shape: Conformation, seen: np.ndarray, reach: np.ndarray) -> None:
    """Draw every bond as two halves in the colours of their atoms, the nearest last."""
    ends = seen[shape.bonds]  # (bond, end, 3)
    middles = ends.mean(axis=1, keepdims=True).repeat(2, axis=1)
    halves = np.stack([ends, middles], axis=2).reshape(-1, 2, 3)
    atoms = shape.bonds.ravel()
    order = np.argsort(halves[:, :, 2].mean(axis=1), kind="stable")
    order = order[np.isfinite(halves[order]).all(axis=(1, 2))]
    colours = [_shaded(int(shape.types[atoms[half]]), halves[half, :, 2].mean() / reach[2]) for half in order]
    widths = np.where(shape.types[atoms[order]] == 1, 1.2, 2.4)
    axes.add_collection(LineCollection(list(halves[order, :, :2]), colors=colours, linewidths=widths, capstyle="round"))
    axes.set(xlim=(-reach[0], reach[0]), ylim=(-reach[1], reach[1]), aspect="equal", xticks=[], yticks=[])
    axes.spines[:].set(color="#dddddd", visible=True)
    num_outside = int(np.sum(~(np.abs(seen[:, :2]) <= reach[:2]).all(axis=1)))
    if num_outside:
        axes.text(
            0.5, 0.04, f"{num_outside} of {len(seen)} atoms outside", transform=axes.transAxes, ha="center",
            fontsize=SMALL_POINTS, color="#a00000", bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
        )  # fmt: skip


def _shaded(number: int, height: float) -> tuple[float, ...]:
    """Return an element's colour, paler the farther it is; `height` is 1 at the nearest and -1 at the farthest."""
    white = PALEST * (1 - np.clip(height, -1, 1)) / 2
    return tuple(white + (1 - white) * channel for channel in to_rgb(ELEMENTS.get(number, OTHER)[1]))


def _add_scale(axes: Axes, reach: np.ndarray) -> None:
    left, bottom = -0.95 * reach[0], -0.92 * reach[1]
    axes.plot([left, left + BAR_ANGSTROM], [bottom, bottom], color="black", linewidth=1.2)
    axes.text(left, bottom + 0.04 * reach[0], f"{BAR_ANGSTROM:g} Å", fontsize=SMALL_POINTS)

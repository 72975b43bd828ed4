"""Which colour, marker and dash a thing has in every figure and page.

A policy keeps its colour, whatever else is shown beside it. The colours are told apart by colour-blind readers too, and
markers and dashes where there is no colour at all. Seven are Okabe and Ito's (2008, without their yellow, which does
not show on white), two are Paul Tol's (wine and indigo of his scheme "muted", 2021).
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import cycle
from typing import Any

REAL = "#767676"  # real data, and their noise floor
COLOURS = ("#D55E00", "#0072B2", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#882255", "#332288", "#000000")
MARKERS = ("o", "s", "D", "^", "v", "P", "X", "<", ">")  # in the letters of matplotlib
DASHES = ((), (4, 1.5, 1, 1.5), (1, 1.5), (6, 1.5))  # of measured lines: lengths of strokes and gaps, in line widths
FLOOR_DASH = (4, 2)  # of the first noise floor; see `floor_dash`
THEORY_DASH = (2, 1)
PLACES: Mapping[str, int] = {  # of each policy in `COLOURS` and `MARKERS`
    "replace": 0,
    "accumulate": 1,
    "fresh": 2,
    "augment": 3,
    "replace-multiple": 4,
    "accumulate-subsample": 5,
    "window": 6,
    "schedule": 7,
    "mix": 8,
}


@dataclass(frozen=True)
class Style:
    """How one line looks.

    Attributes:
        colour: as `#rrggbb`.
        marker: in the letters of matplotlib.
        dash: lengths of strokes and gaps in line widths; empty for a solid line.
    """

    colour: str
    marker: str
    dash: tuple[float, ...]

    @property
    def line(self) -> Any:
        """The dash in the words of matplotlib."""
        return (0, self.dash) if self.dash else "-"


def styles(labels: Iterable[str]) -> dict[str, Style]:
    """Return how the lines with these labels look beside one another.

    A label that names a policy, such as `mix(real=0.1)`, `accumulate, matched steps` or, of several runs,
    `demo · replace`, has the colour of that policy; others of the same policy have another marker and dash. The rest,
    such as names of models, take the colours that are left, in their order.
    """
    places = {label: PLACES.get(_policy(label)) for label in labels}
    left = cycle([place for place in range(len(COLOURS)) if place not in places.values()] or range(len(COLOURS)))
    drawn: Counter[int] = Counter()
    found: dict[str, Style] = {}
    for label, known in places.items():
        place = next(left) if known is None else known
        found[label] = _style(place, drawn[place])
        drawn[place] += 1
    return found


def floor_dash(place: int) -> tuple[int, ...]:
    """Return the dash of the first noise floor, of the second, ...: one more dot stands in every gap."""
    return FLOOR_DASH + (1, 2) * place


def ordered(num: int) -> list[str]:
    """Return colours for things in order, such as iterations, from dark to light: their lightness tells it in print."""
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    lightest = 0.85  # beyond it, viridis does not show on white
    return [to_hex(colormaps["viridis"](lightest * number / max(1, num - 1))) for number in range(num)]


def thinned(num: int, *, most: int = 5) -> list[int]:
    """Return which of so many things, counted from 1, are named in a legend: all, or some with the first and last."""
    places = range(min(num, most))
    return [round(1 + place * (num - 1) / max(1, len(places) - 1)) for place in places]


def _policy(label: str) -> str:
    return re.split(r"[(,]", label.rpartition("· ")[2])[0].strip()


def _style(place: int, turn: int) -> Style:
    """Return the look of a line in the colour at a place, after so many others in it."""
    return Style(COLOURS[place], MARKERS[(place + turn) % len(MARKERS)], DASHES[turn % len(DASHES)])

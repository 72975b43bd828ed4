"""Colours of the page, each for light and for dark surroundings, as CSS writes it; charts are given the same ones."""

import numpy as np
from matplotlib.colors import to_hex, to_rgb

from genloop.report.palette import REAL, Style, ordered

LEAST_LUMINANCE = 0.16  # of a line on the dark paper: a contrast of 3
WHITE_STEP = 0.05  # share of white by which a colour is made lighter


def both(light: str, dark: str) -> str:
    """Return a colour for light surroundings and one for dark ones, as one value."""
    return f"light-dark({light}, {dark})"


TEXT = both("#1c2024", "#e4e6e8")
MUTED = both("#5b6269", "#a2a9b0")
LINE = both("#dfe2e5", "#3a4046")
PAPER = both("#ffffff", "#1b1e22")
GROUND = both("#f6f7f8", "#131518")
LINK = both("#0a58a8", "#7db7f0")
REAL_DATA = both(REAL, "#979da3")


def themed(colour: str, alpha: str = "") -> str:
    """Return a colour of figures, which are on white, with a lighter one of its kind where it is too dark for black.

    `alpha` is how opaque it is, in two hexadecimal digits.
    """
    rgb = np.array(to_rgb(colour))
    shares = np.arange(0, 1, WHITE_STEP)
    lightened = (share + (1 - share) * rgb for share in shares)
    red, green, blue = next(mixed for mixed in lightened if _luminance(mixed) >= LEAST_LUMINANCE)
    return both(colour + alpha, to_hex((red, green, blue)) + alpha)


def line_colour(style: Style) -> str:
    return themed(style.colour)


def band_colour(style: Style) -> str:
    """Return the colour of an area, through which others are seen."""
    return themed(style.colour, alpha="26")


def iteration_colours(num: int) -> list[str]:
    """Return a colour for each iteration, from dark to light, or in dark surroundings from less dark to light."""
    return [themed(colour) for colour in ordered(num)]


def _luminance(rgb: np.ndarray) -> float:
    """Return the relative luminance of a colour (WCAG 2.2)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))

"""Pictures for the page: PNG files within its text."""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image

from genloop.data.images.exchange import png
from genloop.examples import Conformation
from genloop.report.figures.pictures import grid
from genloop.report.figures.shapes import ELEMENTS, OTHER, shape_picture

NUM_COLUMNS = 4  # images in a row
LARGEST_IMAGE = 96  # rows and columns at which an image is shown


@dataclass(frozen=True)
class Picture:
    """A picture within the page.

    Attributes:
        uri: the file itself, as `data:image/png;base64,...`.
        about: what it shows, for those who do not see it.
        width, height: in pixels.
        is_coarse: whether its pixels are so few that they are shown as squares.
    """

    uri: str
    about: str
    width: int
    height: int
    is_coarse: bool = False


def image_grid(images: Sequence[np.ndarray], about: str) -> tuple[Picture, ...]:
    """Return images of one shape as one picture, of none no picture; large ones are made smaller."""
    if not len(images):
        return ()
    is_large = images[0].shape[0] > LARGEST_IMAGE
    shown = grid(np.stack([_smaller(image) for image in images] if is_large else list(images)), NUM_COLUMNS)
    return (_picture(shown, f"{len(images)} images: {about}", is_coarse=not is_large),)


def conformation_pictures(shown: Iterable[Conformation], about: str) -> tuple[Picture, ...]:
    """Return conformations, each turned onto the real one of its molecule."""
    return tuple(_picture(shape_picture(each), f"{each.name}: {about}") for each in shown)


def element_colours(shown: Iterable[Conformation]) -> dict[str, str]:
    """Return the colours of the chemical elements in some conformations, by symbol."""
    numbers = sorted({int(number) for each in shown for number in each.types})
    return dict(ELEMENTS.get(number, OTHER) for number in numbers)


def _picture(pixels: np.ndarray, about: str, *, is_coarse: bool = False) -> Picture:
    uri = f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
    return Picture(uri, about, pixels.shape[1], pixels.shape[0], is_coarse)


def _smaller(image: np.ndarray) -> np.ndarray:
    """Return an image of `LARGEST_IMAGE` rows and columns, shape (row, column, channel)."""
    found = Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)
    resized = np.asarray(found.resize((LARGEST_IMAGE, LARGEST_IMAGE), Image.Resampling.LANCZOS))
    return resized.reshape(LARGEST_IMAGE, LARGEST_IMAGE, -1)

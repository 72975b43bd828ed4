"""Pictures for the page: PNG files within its text."""

import base64
from dataclasses import dataclass

import numpy as np
from PIL import Image

from genloop.data.images.dataset import ImageDataset
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.report.exports.columns import png
from genloop.report.figures.molecules import first_of_each, shape_at
from genloop.report.figures.pictures import grid
from genloop.report.figures.shapes import ELEMENTS, OTHER, shape_picture

NUM_COLUMNS = 4  # images in a row
LARGEST_IMAGE = 96  # rows and columns at which an image is shown
NUM_MOLECULES = 4


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


def image_grid(data: ImageDataset, about: str, *, num: int) -> Picture:
    """Return the first images of a data set as one picture; large ones are made smaller."""
    images = data.read(np.arange(min(num, len(data))))
    is_large = images.shape[1] > LARGEST_IMAGE
    shown = grid(np.stack([_smaller(image) for image in images]) if is_large else images, NUM_COLUMNS)
    return _picture(shown, f"{len(images)} images: {about}", is_coarse=not is_large)


def molecule_pictures(data: MoleculeDataset, real: MoleculeDataset, about: str) -> tuple[Picture, ...]:
    """Return the first real molecules as a data set has them, each turned onto its real conformation."""
    places, references = first_of_each(data), first_of_each(real)
    shown = [graph for graph in references if graph in places][:NUM_MOLECULES]
    return tuple(
        _picture(
            shape_picture(shape_at(data, places[graph]), shape_at(real, references[graph])),
            f"{real.graphs.names[graph]}: {about}",
        )
        for graph in shown
    )


def element_colours(real: MoleculeDataset) -> dict[str, str]:
    """Return the colours of the chemical elements in the molecules that are shown, by symbol."""
    graphs = list(first_of_each(real))[:NUM_MOLECULES]
    numbers = sorted({int(number) for graph in graphs for number in real.graphs.types_of(graph)})
    return dict(ELEMENTS.get(number, OTHER) for number in numbers)


def _picture(pixels: np.ndarray, about: str, *, is_coarse: bool = False) -> Picture:
    uri = f"data:image/png;base64,{base64.b64encode(png(pixels)).decode()}"
    return Picture(uri, about, pixels.shape[1], pixels.shape[0], is_coarse)


def _smaller(image: np.ndarray) -> np.ndarray:
    """Return an image of `LARGEST_IMAGE` rows and columns, shape (row, column, channel)."""
    found = Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image)
    resized = np.asarray(found.resize((LARGEST_IMAGE, LARGEST_IMAGE), Image.Resampling.LANCZOS))
    return resized.reshape(LARGEST_IMAGE, LARGEST_IMAGE, -1)

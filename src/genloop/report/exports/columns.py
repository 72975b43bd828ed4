"""Examples as cells of a column: what a table holds of each kind of data."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Any, ClassVar, Protocol

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.data.text.tokens import TokenDataset

CHUNK = 256  # images read at a time


@dataclass(frozen=True)
class Cell:
    """One example.

    Attributes:
        value: what the cell holds.
        size: of it in characters or bytes, about.
        weight: of the example.
    """

    value: Any
    size: int
    weight: float


class Column(Protocol):
    """How the examples of one kind of data set are written.

    Attributes:
        name: of the column.
        feature: what it is to the `datasets` library.
    """

    name: ClassVar[str]
    feature: ClassVar[Mapping[str, str]]

    def kind(self) -> Any:
        """Return the column's type in pyarrow."""
        ...

    def cells(self, data: Any) -> Iterator[Cell]:
        """Iterate over the examples of a data set."""
        ...


class TextColumn:
    """Documents as text.

    A document that is cut, as the last one of a source may be, is kept as far as it goes, and an empty one is kept
    too: the rows, each followed by end-of-text, are what the model was fitted on or what it generated.
    """

    name: ClassVar[str] = "text"
    feature: ClassVar[Mapping[str, str]] = {"dtype": "string", "_type": "Value"}

    def kind(self) -> Any:
        import pyarrow

        return pyarrow.string()

    def cells(self, data: TokenDataset) -> Iterator[Cell]:
        for document in data.documents():
            text = data.vocabulary.decode(document.tokens)
            yield Cell(text, 1 + len(text), document.weight)


class ImageColumn:
    """Images as PNG files, in the record of bytes and path by which `datasets` knows images."""

    name: ClassVar[str] = "image"
    feature: ClassVar[Mapping[str, str]] = {"_type": "Image"}

    def kind(self) -> Any:
        import pyarrow

        return pyarrow.struct({"bytes": pyarrow.binary(), "path": pyarrow.string()})

    def cells(self, data: ImageDataset) -> Iterator[Cell]:
        for start, images in data.chunks(CHUNK):
            for number, image in enumerate(images, start):
                content = png(image)
                yield Cell({"bytes": content, "path": None}, len(content), float(data.weights[number]))


def png(image: np.ndarray) -> bytes:
    """Return an image, shape (row, column, channel), as a PNG file."""
    from PIL import Image

    file = BytesIO()
    Image.fromarray(image.squeeze(2) if image.shape[2] == 1 else image).save(file, "PNG")
    return file.getvalue()

"""CelebA's tables: which partition each image is in, and which attributes it has.

They are found as CelebA is handed out: by its authors in `Eval` and `Anno` beside `Img`, by others beside the images or
in their zip. Names are compared without their ending, since the images come as PNG, too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from itertools import product
from pathlib import Path, PurePosixPath

import numpy as np

from genloop.data.images.collections import ImageArchive, ImageCollection
from genloop.data.reading import named_path, readable, reason
from genloop.errors import UserError

FOLDERS = (".", "..", "../..")  # seen from the images
PLACES = (".", "Eval", "Anno")
ENDINGS = (".txt", ".csv")


@dataclass(frozen=True)
class FaceTable:
    """One of CelebA's tables.

    Attributes:
        name: what to call it in a message.
        content: of the file.
    """

    name: str
    content: bytes

    @property
    def digest(self) -> str:
        return sha256(self.content).hexdigest()

    @cached_property
    def header(self) -> list[str]:
        """The words of the last line that names no image: the names of columns."""
        others = [cells for cells in self._lines if not PurePosixPath(cells[0]).suffix]
        return others[-1] if others else []

    @cached_property
    def rows(self) -> Mapping[str, list[str]]:
        """What it says of each image, by the image's name without ending; commas may stand in for spaces."""
        return {stem(cells[0]): cells[1:] for cells in self._lines if PurePosixPath(cells[0]).suffix}

    @cached_property
    def _lines(self) -> list[list[str]]:
        try:
            lines = self.content.decode("utf-8-sig").replace(",", " ").splitlines()
        except UnicodeDecodeError as problem:
            raise UserError(f"{self.name} cannot be read as text: {reason(problem)}. Give CelebA's own file.") from None
        return list(filter(None, map(str.split, lines)))


def stem(name: str) -> str:
    """Return the last part of a path, without its ending."""
    return PurePosixPath(name).stem


def find_table(
    field: str, written: str | None, collection: ImageCollection, folder: Path, name: str
) -> FaceTable | None:
    """Return the table that a setting names or, for None, the one with the images; None if there is none.

    Args:
        field: name of the setting.
        written: its value.
        collection: the images.
        folder: where they are, or their zip is.
        name: of the table, without its ending.
    """
    if written is not None:
        path = named_path(field, written)
        if not path.is_file():
            raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
        return FaceTable(str(path), readable(path).read_bytes())
    for above, place, ending in product(FOLDERS, PLACES, ENDINGS):
        path = folder / above / place / f"{name}{ending}"
        if path.is_file():
            return FaceTable(str(path), readable(path).read_bytes())
    if isinstance(collection, ImageArchive):
        inside = next(filter(None, (collection.find(f"{name}{ending}") for ending in ENDINGS)), None)
        return FaceTable(*inside) if inside else None
    return None


def read_attributes(table: FaceTable, parts: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Return the names of the attributes, and for each part which images have them, shape (image, attribute).

    Raises:
        UserError: if there are none, an image has no row, or a row other values than -1 and 1.
    """
    names = tuple(name for name in table.header if name != "image_id")
    if not names:
        raise UserError(f"{table.name} names no attributes. Give CelebA's own list of attributes.")
    values = {"-1": 0, "1": 1}

    def read(path: str) -> list[int]:
        cells = table.rows.get(stem(path), [])
        if len(cells) != len(names) or not values.keys() >= set(cells):
            raise UserError(
                f"{table.name} does not say -1 or 1 of {PurePosixPath(path).name!r} for each of {len(names)} "
                "attributes. Give CelebA's own list of attributes."
            )
        return [values[cell] for cell in cells]

    return names, [np.array([read(path) for path in paths], np.uint8).reshape(-1, len(names)) for paths in parts]

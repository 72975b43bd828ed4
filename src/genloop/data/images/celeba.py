"""CelebA (Liu, Luo, Wang and Tang 2015) in its official partitions, from the user's own copy."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar

import numpy as np

from genloop.data.images.collections import ImageCollection, open_collection
from genloop.data.images.pixels import Box, Framing, Unusable
from genloop.data.images.raw import RawImages, RawPart
from genloop.data.images.source import ImageSource
from genloop.data.reading import named_path, readable, reason
from genloop.errors import UserError
from genloop.identity import digest, file_digest, type_name

ALIGNED = (178, 218)  # width and height of the images in img_align_celeba
SIDE = 148  # of the usual crop: the face, with little background
PARTITION, ATTRIBUTES = "list_eval_partition", "list_attr_celeba"
PLACES = (".", "..", "../Eval", "../Anno", "../../Eval", "../../Anno")  # as CelebA is handed out, seen from the images
TRAIN, TEST = "0", "2"  # 1 is for validation, which nothing here needs


@dataclass(frozen=True)
class CelebA(ImageSource):
    """Faces: the middle 148 x 148 pixels of each aligned image, in the official training and test partitions.

    Attributes:
        path: the folder `img_align_celeba`, or the zip.
        partition: the file `list_eval_partition.txt`; None looks beside the images.
        attributes: the file `list_attr_celeba.txt`, whose attributes become labels; None looks beside the images, and
            does without where there is none.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("liu2015deep",)

    path: str
    partition: str | None = None
    attributes: str | None = None

    @property
    def framing(self) -> Framing:
        return replace(super().framing, box=face)

    def images_identity(self) -> dict[str, Any]:
        collection, (train, test) = self._open()
        table = self._attribute_table()
        return {
            "type": type_name(self),
            "version": self.version,
            "images": digest(collection.digests([*train, *test])),
            "partition": file_digest(self._partition_table()),
            "attributes": table and file_digest(table),
        }

    def read(self) -> RawImages:
        collection, parts = self._open()
        table = self._attribute_table()
        names, labels = read_attributes(table, parts) if table else ((), (None, None))
        train, test = (
            RawPart(collection.images(paths), len(paths), known) for paths, known in zip(parts, labels, strict=True)
        )
        return RawImages(train, test, names, {"about": "CelebA, official partitions 0 (training) and 2 (test)"})

    def _open(self) -> tuple[ImageCollection, tuple[list[str], list[str]]]:
        """Return the images, and the paths among them of training and test images."""
        collection = open_collection("path", self.path)
        paths = {PurePosixPath(path).name: path for path in collection.names}
        table = self._partition_table()
        listed = {name: cells[0] for name, cells in read_table(table)[1].items() if cells in ([TRAIN], [TEST])}
        if not listed:
            raise UserError(f"{table} puts no image into partition 0 or 2. Give CelebA's own {PARTITION}.txt.")
        missing = [name for name in listed if name not in paths]
        if missing:
            raise UserError(
                f"{len(missing):,} of the {len(listed):,} images that {table} lists are not in {self.path}, such as "
                f"{missing[0]!r}. Give all of CelebA, or a partition file that lists the images you have."
            )
        train, test = ([paths[name] for name, number in listed.items() if number == part] for part in (TRAIN, TEST))
        return collection, (train, test)

    def _partition_table(self) -> Path:
        table = _locate(self.path, "partition", self.partition, PARTITION)
        if table is None:
            raise UserError(
                f"There is no {PARTITION}.txt beside {self.path}, so nobody knows which images are for testing. "
                "Put it there, or give its path as partition."
            )
        return table

    def _attribute_table(self) -> Path | None:
        return _locate(self.path, "attributes", self.attributes, ATTRIBUTES)


def face(width: int, height: int) -> Box:
    """Return the middle of an aligned image."""
    if (width, height) != ALIGNED:
        raise Unusable(f"has {width} x {height} pixels, where aligned images of CelebA have 178 x 218")
    left, top = (width - SIDE) // 2, (height - SIDE) // 2
    return left, top, left + SIDE, top + SIDE


def read_attributes(table: Path, parts: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], list[np.ndarray]]:
    """Return the names of the attributes, and for each part which images have them, shape (image, attribute).

    Raises:
        UserError: if there are none, an image has no row, or a row other values than -1 and 1.
    """
    header, rows = read_table(table)
    names = tuple(name for name in header if name != "image_id")
    if not names:
        raise UserError(f"{table} names no attributes. Give CelebA's own {ATTRIBUTES}.txt.")
    values = {"-1": 0, "1": 1}

    def read(path: str) -> list[int]:
        cells = rows.get(PurePosixPath(path).name, [])
        if len(cells) != len(names) or not values.keys() >= set(cells):
            raise UserError(
                f"{table} does not say -1 or 1 of {PurePosixPath(path).name!r} for each of {len(names)} attributes. "
                f"Give CelebA's own {ATTRIBUTES}.txt."
            )
        return [values[cell] for cell in cells]

    return names, [np.array([read(path) for path in paths], np.uint8).reshape(-1, len(names)) for paths in parts]


def read_table(path: Path) -> tuple[list[str], dict[str, list[str]]]:
    """Return the header of one of CelebA's tables and its rows by image; commas may stand in for spaces."""
    try:
        lines = path.read_text("utf-8").replace(",", " ").splitlines()
    except (OSError, UnicodeDecodeError) as problem:
        raise UserError(f"{path} cannot be read as text: {reason(problem)}. Give CelebA's own file.") from None
    header, rows = [], {}
    for cells in filter(None, map(str.split, lines)):
        if PurePosixPath(cells[0]).suffix:
            rows[cells[0]] = cells[1:]
        else:  # the number of images, then the names of columns
            header = cells
    return header, rows


def _locate(images: str, field: str, written: str | None, stem: str) -> Path | None:
    """Return the table that a setting names, or the one beside the images; None if there is none."""
    if written is not None:
        path = named_path(field, written)
        if not path.is_file():
            raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
        return readable(path)
    path = named_path("path", images)
    base = path if path.is_dir() else path.parent
    candidates = (base / place / f"{stem}{suffix}" for place in PLACES for suffix in (".txt", ".csv"))
    return next((path for path in candidates if path.is_file()), None)

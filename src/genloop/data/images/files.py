"""Images from files of the user's own: folders, zips, arrays or Parquet."""

from dataclasses import dataclass
from itertools import chain
from typing import Any, ClassVar

from genloop.data.images.arrays import ImageArray
from genloop.data.images.collections import open_collection
from genloop.data.images.labels import with_attributes
from genloop.data.images.raw import RawImages, RawPart
from genloop.data.images.shards import find_shards
from genloop.data.images.source import ImageSource
from genloop.data.images.tables import ImageTable
from genloop.data.reading import named_path, readable
from genloop.errors import UserError
from genloop.identity import digest, file_digest, type_name

DEFAULT_COLUMN = "image"


@dataclass(frozen=True)
class Images(ImageSource):
    """Images from a folder at any depth, a zip, an `.npy`, an `.npz` with an array `images`, or Parquet.

    They are cropped to the largest square in their middle. An `.npz` may also hold `labels`, a whole number for each
    image, or 0 or 1 for each image and attribute, and `attributes`, the names of those. A folder without images but
    with Parquet, such as a copy of a data set of the Hub, is read shard by shard (`shards.py`).

    Attributes:
        train: path of the training images.
        test: path of the test images; None holds out a tenth of the training images.
        image_column: where Parquet keeps the images, as the bytes of image files.
    """

    version: ClassVar[int] = 2  # turns transparent and 16-bit images, too, as their EXIF says

    train: str
    test: str | None = None
    image_column: str = DEFAULT_COLUMN

    def images_identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": 1 if self._are_arrays else self.version,  # arrays have no EXIF
            "train": _digest("train", self.train),
            "test": None if self.test is None else _digest("test", self.test),
            "image_column": self.image_column,
        }

    def read(self) -> RawImages:
        train = self._read("train", self.train)
        test = None if self.test is None else self._read("test", self.test)
        return with_attributes(train, test, _names(self.train))

    @property
    def _are_arrays(self) -> bool:
        return _is_array("train", self.train) and (self.test is None or _is_array("test", self.test))

    def _read(self, field: str, written: str) -> RawPart:
        path = named_path(field, written)
        if shards := find_shards(field, written):
            tables = [ImageTable.open(shard, self.image_column) for shard in shards.paths]
            images = chain.from_iterable(table.images() for table in tables)
            return RawPart(images, sum(table.num for table in tables), not_used=shards.not_used)
        if self.image_column != DEFAULT_COLUMN:
            raise UserError(
                f"image_column={self.image_column!r} means nothing for {path}, which is no Parquet. Remove it."
            )
        if _is_array(field, written):
            array = ImageArray.open(path)
            return RawPart(array.images(), array.shape[0], array.optional("labels"))
        collection = open_collection(field, written)
        return RawPart(collection.images(collection.names), len(collection.names), not_used=collection.not_used)


def _is_array(field: str, written: str) -> bool:
    path = named_path(field, written)
    return path.is_file() and path.suffix.lower() in (".npz", ".npy")


def _names(written: str) -> list[str] | None:
    """Return the names of the attributes, where a file tells them."""
    path = named_path("train", written)
    names = ImageArray.open(path).optional("attributes") if _is_array("train", written) else None
    return None if names is None else [str(name) for name in names.ravel()]


def _digest(field: str, written: str) -> str:
    """Return a digest of the content of all files; their names and order change nothing."""
    path = named_path(field, written)
    if path.is_file():
        return file_digest(readable(path))
    if shards := find_shards(field, written):
        return digest(sorted(map(file_digest, shards.paths)))
    collection = open_collection(field, written)
    return digest(sorted(collection.digests(collection.names)))

"""Images from the Hugging Face Hub, or from a folder that `datasets` saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from genloop.data.hub_splits import HubSplits, first
from genloop.data.images.raw import RawImage, RawImages, RawPart, read_cell, read_file
from genloop.data.images.source import ImageSource
from genloop.errors import UserError
from genloop.identity import type_name

if TYPE_CHECKING:
    from datasets import Dataset

BATCH = 64  # rows that are read at once


@dataclass(frozen=True)
class HubImages(HubSplits, ImageSource):
    """A column of images of a data set that the `datasets` library loads; `HubSplits` says which.

    Attributes:
        image_column: column that keeps the images.
        max_images: training images to use, from the first; None uses all.
    """

    version: ClassVar[int] = 2  # turns transparent and 16-bit images, too, as their EXIF says

    image_column: str = "image"
    max_images: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_images is not None and self.max_images < 1:
            raise UserError(f"max_images={self.max_images} leaves no image. Use at least 2, or None for all.")
        assert self.address

    def images_identity(self) -> dict[str, Any]:
        fields = ("train", "test", "image_column", "max_images")
        settings = {name: getattr(self, name) for name in fields}
        return {"type": type_name(self), "version": self.version, **self.address.identity(), **settings}

    def read(self) -> RawImages:
        splits = self.address.load()
        train = _part(first(self._column(splits, self.train), self.max_images), self.train)
        return RawImages(train, None if self.test is None else _part(self._column(splits, self.test), self.test))

    def _column(self, splits: dict[str, "Dataset"], split: str) -> "Dataset":
        import datasets

        column = self.address.column(splits, split, self.image_column)
        kind = column.features[self.image_column]
        if not isinstance(kind, datasets.Image):
            raise UserError(
                f"Column {self.image_column!r} of {self.name!r} holds {kind}, which is no image. Set image_column to a "
                "column of images."
            )
        return column.cast_column(self.image_column, datasets.Image(decode=False))


def _part(dataset: "Dataset", split: str) -> RawPart:
    return RawPart(_images(dataset, split), len(dataset))


def _images(dataset: "Dataset", split: str) -> Iterator[RawImage]:
    number = 0
    for batch in dataset.iter(batch_size=BATCH):
        (column,) = cast("dict[str, list[Any]]", batch).values()
        for cell in column:
            yield RawImage(f"{split}, row {number},", partial(_read, cell))
            number += 1


def _read(cell: Any) -> bytes:
    """Return the bytes in a cell, or in the file that it names instead."""
    if cell and cell["bytes"] is None and cell["path"]:
        return read_file(Path(cell["path"]))
    return read_cell(cell)

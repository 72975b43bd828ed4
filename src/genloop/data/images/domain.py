"""What all images of a run share: their shape, and which attributes are known of them.

A prepared folder holds `train.npy` and `test.npy`, shape (image, row, column, channel), uint8, and, where attributes
are known, `train_labels.npy` and `test_labels.npy` with their names in `info.json`.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from genloop.data.images import exchange
from genloop.data.images.arrays import ImageArray
from genloop.data.images.collections import open_collection
from genloop.data.images.dataset import IMAGES_FILE, ImageDataset, Shard
from genloop.data.images.decoding import decode
from genloop.data.images.pixels import Framing
from genloop.data.images.raw import RawImage
from genloop.data.images.tables import ImageTable
from genloop.errors import UserError
from genloop.examples import Examples
from genloop.types import Format

INFO_FILE = "info.json"
NUM_SHOWN = 16


@dataclass(frozen=True)
class ImageDomain:
    """Images of one shape.

    Attributes:
        directory: where their source was prepared.
    """

    name: ClassVar[str] = "images"

    directory: Path

    @cached_property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of every image."""
        return ImageDataset.open(self.directory / "train.npy").shape

    def prepared(self, part: Literal["train", "test"]) -> ImageDataset:
        images = np.load(self.directory / f"{part}.npy", mmap_mode="r", allow_pickle=False)
        path = self.directory / f"{part}_labels.npy"
        if not path.exists():
            return ImageDataset.of([Shard(images)])
        attributes = json.loads((self.directory / INFO_FILE).read_text("utf-8"))["attributes"]
        return ImageDataset.of([Shard(images, np.load(path, mmap_mode="r", allow_pickle=False))], attributes)

    def generated(self, directory: Path) -> ImageDataset:
        return ImageDataset.open(directory / IMAGES_FILE)

    def show(self, data: ImageDataset, num: int | None = None, *, beside: Sequence[ImageDataset] = ()) -> Examples:
        """Return the first images."""
        return Examples(images=data.read(np.arange(min(len(data), NUM_SHOWN if num is None else num))))

    @property
    def formats(self) -> dict[str, Format[ImageDataset]]:
        return {
            ".parquet": Format(exchange.write_parquet, self._read_parquet),
            ".npz": Format(exchange.write_npz, self._read_npz),
            "/": Format(exchange.write_folder, self._read_folder),
        }

    def _read_parquet(self, path: Path) -> ImageDataset:
        return self._decoded(path, ImageTable.open(path, exchange.COLUMN).images())

    def _read_npz(self, path: Path) -> ImageDataset:
        return self._decoded(path, ImageArray.open(path).images())

    def _read_folder(self, path: Path) -> ImageDataset:
        collection = open_collection("read", str(path))
        return self._decoded(path, collection.images(collection.names))

    def _decoded(self, path: Path, images: Iterable[RawImage]) -> ImageDataset:
        pixels = list(self._pixels(images))
        if not pixels:
            raise UserError(f"{path} holds no images. Name another one.")
        return ImageDataset.of([Shard(np.stack(pixels))])

    def _pixels(self, images: Iterable[RawImage]) -> Iterator[np.ndarray]:
        rows, columns, channels = self.shape
        if rows != columns:
            raise UserError(f"The images are of {rows} x {columns} pixels, and files can be read as squares only.")
        framing = Framing(rows, "grey" if channels == 1 else "rgb")
        for image in images:
            found = decode(image, framing)
            if isinstance(found, str):
                raise UserError(f"{image.name} {found}. Repair it, or leave it out.")
            yield found.values

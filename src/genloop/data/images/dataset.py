"""Images as data sets: views over memory-mapped shards of bytes, so that many images are never in memory at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from genloop.data.images.writing import write_images
from genloop.data.sharded import ShardedDataset

IMAGES_FILE = "images.npy"
CHUNK = 1 << 12  # images copied at a time


@dataclass(frozen=True, eq=False)
class Shard:
    """Images that lie in one file.

    Attributes:
        images: shape (image, row, column, channel), uint8; one channel for grey, three for RGB.
        labels: which attributes an image has, shape (image, attribute), 0 or 1; None where nobody knows.
    """

    images: np.ndarray
    labels: np.ndarray | None = None


@dataclass(frozen=True, eq=False)
class ImageDataset(ShardedDataset[Shard]):
    """Images in shards; an example is one image.

    Attributes:
        attributes: names of the attributes that labels tell.
    """

    unit: ClassVar[str] = "image"

    attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, shards: Sequence[Shard], attributes: Sequence[str] = ()) -> Self:
        """Return all images of some shards in their order, with equal weights."""
        return cls.of_all(shards, [len(shard.images) for shard in shards], attributes=tuple(attributes))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a `.npy` shard without reading it into memory."""
        return cls.of([Shard(np.load(path, mmap_mode="r", allow_pickle=False))])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of every image."""
        rows, columns, channels = self.shards[0].images.shape[1:]
        return rows, columns, channels

    def save(self, directory: Path) -> None:
        chunks = (images for _, images in self.chunks(CHUNK))
        write_images(directory / IMAGES_FILE, (len(self), *self.shape), chunks)

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Return some images, shape (image, row, column, channel), uint8."""
        images = np.empty((len(indices), *self.shape), np.uint8)
        for shard, chosen, rows in self.by_shard(indices):
            images[chosen] = shard.images[rows]
        return images

    def read_labels(self) -> np.ndarray | None:
        """Return which attributes all images have, shape (image, attribute); None if some are not labelled."""
        labels = np.empty((len(self), len(self.attributes)), np.uint8)
        for shard, chosen, rows in self.by_shard(np.arange(len(self))):
            if shard.labels is None:
                return None
            labels[chosen] = shard.labels[rows]
        return labels

    def chunks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Read all images, at most `size` at a time, each time with the number of the first."""
        for start in range(0, len(self), size):
            yield start, self.read(np.arange(start, min(start + size, len(self))))

"""Images as data sets: views over memory-mapped shards of bytes, so that many images are never in memory at once."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from genloop.data.image_file import write_images

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
class ImageDataset:
    """A list of references to images; an example is one image, and nothing is copied until it is read.

    Attributes:
        shards: where the images are.
        places: shard and row of every image, shape (image, 2).
        weights: of every image in the training loss, shape (image,), float32.
        attributes: names of the attributes that labels tell.
    """

    unit: ClassVar[str] = "image"

    shards: tuple[Shard, ...]
    places: np.ndarray
    weights: np.ndarray
    attributes: tuple[str, ...] = ()

    @classmethod
    def of(cls, shards: Sequence[Shard], attributes: Sequence[str] = ()) -> Self:
        """Return all images of some shards in their order, with equal weights."""
        rows = [np.arange(len(shard.images)) for shard in shards]
        places = [np.stack([np.full_like(row, number), row], axis=1) for number, row in enumerate(rows)]
        places = np.concatenate(places)
        return cls(tuple(shards), places, np.ones(len(places), np.float32), tuple(attributes))

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a `.npy` shard without reading it into memory."""
        return cls.of([Shard(np.load(path, mmap_mode="r", allow_pickle=False))])

    @property
    def shape(self) -> tuple[int, int, int]:
        """Rows, columns and channels of every image."""
        rows, columns, channels = self.shards[0].images.shape[1:]
        return rows, columns, channels

    def __len__(self) -> int:
        return len(self.places)

    def slice(self, start: int, stop: int) -> Self:
        return self._at(np.arange(start, min(stop, len(self))))

    def weighted(self, weight: float) -> Self:
        return replace(self, weights=self.weights * np.float32(weight))

    def concat(self, others: Sequence[Self]) -> Self:
        parts = [self, *others]
        first_shards = np.cumsum([0, *(len(part.shards) for part in parts)])
        places = [part.places + np.array([first, 0]) for part, first in zip(parts, first_shards[:-1], strict=True)]
        return replace(
            self,
            shards=tuple(shard for part in parts for shard in part.shards),
            places=np.concatenate(places),
            weights=np.concatenate([part.weights for part in parts]),
        )

    def draw(self, num: int, *, seed: int) -> Self:
        """Return `num` images in random order, without replacement."""
        return self._at(np.random.Generator(np.random.Philox(seed)).permutation(len(self))[:num])

    def save(self, directory: Path) -> None:
        chunks = (images for _, images in self.chunks(CHUNK))
        write_images(directory / IMAGES_FILE, (len(self), *self.shape), chunks)

    def read(self, indices: np.ndarray) -> np.ndarray:
        """Return some images, shape (image, row, column, channel), uint8."""
        images = np.empty((len(indices), *self.shape), np.uint8)
        for number, positions, rows in self._by_shard(indices):
            images[positions] = self.shards[number].images[rows]
        return images

    def read_labels(self) -> np.ndarray | None:
        """Return which attributes all images have, shape (image, attribute); None if some are not labelled."""
        labels = np.empty((len(self), len(self.attributes)), np.uint8)
        for number, positions, rows in self._by_shard(np.arange(len(self))):
            known = self.shards[number].labels
            if known is None:
                return None
            labels[positions] = known[rows]
        return labels

    def chunks(self, size: int) -> Iterator[tuple[int, np.ndarray]]:
        """Read all images, at most `size` at a time, each time with the number of the first."""
        for start in range(0, len(self), size):
            yield start, self.read(np.arange(start, min(start + size, len(self))))

    def _by_shard(self, indices: np.ndarray) -> Iterator[tuple[int, np.ndarray, np.ndarray]]:
        """Yield for every shard in use its number, the positions among `indices`, and the rows in the shard."""
        shards, rows = self.places[indices].T
        for number in np.unique(shards):
            positions = np.flatnonzero(shards == number)
            yield int(number), positions, rows[positions]

    def _at(self, indices: np.ndarray) -> Self:
        return replace(self, places=self.places[indices], weights=self.weights[indices])

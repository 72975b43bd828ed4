"""Images that are cheap to make, and a model of them whose every answer is known."""

from collections.abc import Sequence
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from genloop.data.images.dataset import ImageDataset, Shard
from genloop.types import Context


def dataset(values: np.ndarray, labels: np.ndarray | None = None, attributes: Sequence[str] = ()) -> ImageDataset:
    """Return images of values in [0, 1], shape (image, row, column, channel)."""
    return ImageDataset.of([Shard(np.round(255 * values).astype(np.uint8), labels)], attributes)


def patterns(num: int, shades: Sequence[float], *, seed: int = 0, noise: float = 0.02) -> ImageDataset:
    """Return `num` 4x4 images, each of one shade at random, with a little noise."""
    random = np.random.default_rng(seed)
    levels = random.choice(shades, num)[:, None, None, None]
    return dataset(np.clip(levels + random.normal(0, noise, (num, 4, 4, 1)), 0, 1))


@dataclass(frozen=True)
class Dimmer:
    """Encodes images as their mean pixels, reconstructs them darker by `by`, and finds one as likely as it is dark."""

    by: float = 0.0
    status: str = "fitted"

    def encode(self, data: ImageDataset, *, context: Context) -> np.ndarray:
        return _values(data).reshape(len(data), -1)[:, ::3].astype(np.float32)

    def reconstruct(self, data: ImageDataset, *, context: Context) -> ImageDataset:
        return dataset(_values(data) - self.by)

    def losses(self, data: ImageDataset, *, seed: int, context: Context) -> SimpleNamespace:
        noise = np.random.default_rng(seed).normal(0, 0.1, len(data))
        return SimpleNamespace(reconstruction=_values(data).mean((1, 2, 3)) + noise, kl=np.full(len(data), 2.0))


def _values(data: ImageDataset) -> np.ndarray:
    return data.read(np.arange(len(data))) / 255

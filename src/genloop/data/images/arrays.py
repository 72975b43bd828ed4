"""Images in an `.npz` or `.npy`, read one by one: the array may be larger than memory.

Where bytes are broken, zipfile, four decompressors and numpy's reader of headers raise whatever they like.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import IO, Any
from zipfile import ZipFile

import numpy as np

from genloop.data.images.pixels import MAX_PIXELS
from genloop.data.images.raw import RawImage
from genloop.data.reading import SHOWN, reason
from genloop.errors import UserError

IMAGES_KEY = "images"
MAX_OTHER_BYTES = 1 << 28  # of labels or names, unpacked: those of CelebA are 65 MB
HEADERS = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}


@dataclass(frozen=True)
class ImageArray:
    """An `.npy`, or the array `images` of an `.npz`: uint8, shape (image, row, column), (..., 1) or (..., 3).

    Attributes:
        path: the file.
        shape: of the array.
    """

    path: Path
    shape: tuple[int, ...]

    @classmethod
    def open(cls, path: Path) -> "ImageArray":
        """Read what the file says of the array.

        Raises:
            UserError: if it is no such file, or no such array.
        """
        try:
            with _open(path) as entry:
                shape, fortran_order, dtype = _read_header(entry)
        except KeyError:
            raise UserError(
                f"{path} has no array {IMAGES_KEY!r}. Write it with numpy.savez(..., images=...)."
            ) from None
        except Exception as problem:
            kind, function = (".npz", "savez") if _is_npz(path) else (".npy", "save")
            raise UserError(
                f"{path} is no readable {kind}: {reason(problem)}. Write it with numpy.{function}."
            ) from None
        what = f"{path}: {IMAGES_KEY!r}" if _is_npz(path) else f"{path}: the array"
        if dtype != np.uint8:
            raise UserError(f"{what} is of {str(dtype)[:SHOWN]}. Give bytes from 0 to 255 (uint8).")
        if len(shape) not in (3, 4) or shape[3:] not in ((), (1,), (3,)) or min(shape) < 0:
            raise UserError(
                f"{what} has shape {str(shape)[:SHOWN]}. Give (images, rows, columns), or (images, rows, columns, "
                "channels) with 1 or 3 channels."
            )
        if fortran_order:
            raise UserError(f"{what} is in Fortran order. Pass it through numpy.ascontiguousarray.")
        if not 0 < shape[1] * shape[2] <= MAX_PIXELS:
            raise UserError(f"{path}: images of {shape[1]:,} x {shape[2]:,} pixels. Give 1 to {MAX_PIXELS:,} in all.")
        return cls(path, shape)

    def images(self) -> Iterator[RawImage]:
        """Iterate over the images."""
        shape = self.shape[1:] if self.shape[3:] == (3,) else self.shape[1:3]
        size = int(np.prod(shape))
        with _open(self.path) as entry:
            _read_header(entry)
            for number in range(self.shape[0]):
                content = self._read(entry, size, number)
                yield RawImage(f"{self.path}, image {number},", partial(_as_image, content, shape))

    def _read(self, entry: IO[bytes], size: int, number: int) -> bytes:
        problem = f"it ends at image {number:,} of {self.shape[0]:,}"
        try:
            if len(content := entry.read(size)) == size:
                return content
        except Exception as error:
            problem = reason(error)
        raise UserError(f"{self.path} is damaged: {problem}. Write it again.")

    def optional(self, name: str) -> np.ndarray | None:
        """Return another array of the file; None if it has none of this name.

        Raises:
            UserError: if it cannot be read without trusting the file, or is too large for what it says of the images.
        """
        if not _is_npz(self.path):
            return None
        try:
            with ZipFile(self.path) as archive:
                sizes = {entry.filename: entry.file_size for entry in archive.infolist()}
            if max(sizes.get(name, 0), sizes.get(f"{name}.npy", 0)) > MAX_OTHER_BYTES:
                raise ValueError(f"it has more than {MAX_OTHER_BYTES:,} bytes")
            with np.load(self.path, allow_pickle=False) as arrays:
                found = arrays.get(name)
        except Exception as problem:
            raise UserError(
                f"{self.path}: {name!r} cannot be read: {reason(problem)}. Write it as numbers or text."
            ) from None
        is_endless = isinstance(found, np.ndarray) and found.size > MAX_OTHER_BYTES  # of elements without bytes
        if isinstance(found, bytes) or is_endless:  # bytes: of an entry that is no array
            raise UserError(f"{self.path}: {name!r} is no array. Write it as numbers or text.")
        return found


def _is_npz(path: Path) -> bool:
    return path.suffix.lower() == ".npz"


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    """Open the array of images, header first."""
    if _is_npz(path):
        with ZipFile(path) as archive, archive.open(f"{IMAGES_KEY}.npy") as entry:
            yield entry
    else:
        with path.open("rb") as file:
            yield file


def _read_header(entry: IO[bytes]) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    version = np.lib.format.read_magic(entry)
    if version not in HEADERS:
        raise ValueError(f"its arrays are of format {version}")
    return HEADERS[version](entry)


def _as_image(content: bytes, shape: tuple[int, ...]) -> np.ndarray:
    return np.frombuffer(content, np.uint8).reshape(shape)

"""Image files in a folder or a zip; names of entries are only ever shown, and nothing is unpacked to disk."""

import os
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from threading import Lock
from zipfile import BadZipFile, ZipFile, ZipInfo

from genloop.data.images.raw import RawImage, check_size, read_file
from genloop.data.reading import files_in, named_path, readable, reason
from genloop.errors import UserError
from genloop.identity import file_digest

SUFFIXES = (".jpg", ".jpeg", ".png", ".webp", ".bmp", ".gif", ".tif", ".tiff", ".ppm", ".pgm", ".pbm")
UNREADABLE = "unreadable"  # in the place of a digest


class ImageFolder:
    """The image files in a folder, at any depth.

    Attributes:
        names: their paths within the folder, sorted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        relative = (os.path.relpath(file, path).replace(os.sep, "/") for file in files_in(path))
        self.names: Sequence[str] = sorted(filter(_is_image, relative))

    def images(self, names: Sequence[str]) -> Iterator[RawImage]:
        """Iterate over some of the images."""
        for name in names:
            path = self._path / name
            yield RawImage(str(path), partial(read_file, path))

    def digests(self, names: Sequence[str]) -> list[str]:
        """Return the SHA-256 of some files: 3 s for 200,000 small ones, so nothing less exact is needed.

        Files that cannot be opened, such as links to nowhere, count as such: what becomes of them is asked later.
        """
        return [_digest(self._path / name) for name in names]


class ImageArchive:
    """The image files in a zip, at any depth.

    Attributes:
        names: their paths within the archive, sorted.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = ZipFile(path)
        except (BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise UserError(f"{path} is no readable zip: {reason(problem)}. Write or fetch it again.") from None
        self._lock = Lock()  # an archive is read by one thread at a time
        self._entries = {entry.filename: entry for entry in self._archive.infolist() if _is_image(entry.filename)}
        self.names: Sequence[str] = sorted(self._entries)

    def images(self, names: Sequence[str]) -> Iterator[RawImage]:
        """Iterate over some of the images."""
        for name in names:
            yield RawImage(f"{self._path}, entry {name!r},", partial(self._read, self._entries[name]))

    def digests(self, names: Sequence[str]) -> list[str]:
        """Return the SHA-256 of the archive, which is that of all its files."""
        return [file_digest(self._path)]

    def _read(self, entry: ZipInfo) -> bytes:
        check_size(entry.file_size)  # no more is ever unpacked than an entry declares
        with self._lock:
            return self._archive.read(entry)


ImageCollection = ImageFolder | ImageArchive


def open_collection(field: str, written: str) -> ImageCollection:
    """Open the folder or the zip that a setting names.

    Raises:
        UserError: if there is none, or it holds no images.
    """
    path = named_path(field, written)
    if not path.exists():
        raise UserError(f"{field}={written!r}: there is no such file or folder. Check the path.")
    collection = ImageFolder(path) if path.is_dir() else ImageArchive(readable(path))
    if not collection.names:
        raise UserError(
            f"{field}={written!r} holds no image files ({', '.join(SUFFIXES)}). Name another folder or zip."
        )
    return collection


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError:
        return UNREADABLE


def _is_image(name: str) -> bool:
    """Whether a path ends like an image's; hidden files are none, such as those that macOS adds to a zip."""
    path = PurePosixPath(name)
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".")

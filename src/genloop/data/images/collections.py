"""Image files in a folder or a zip; names of entries are only ever shown, and nothing is unpacked to disk."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePosixPath
from threading import Lock
from zipfile import BadZipFile, ZipFile, ZipInfo, is_zipfile

from genloop.data.images.raw import RawImage, check_size, read_file
from genloop.data.reading import is_hidden, list_folder, named_path, readable, reason
from genloop.errors import UserError
from genloop.identity import file_digest

SUFFIXES = (
    *(".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".apng", ".webp", ".avif", ".bmp", ".dib", ".gif", ".tif", ".tiff"),
    *(".ppm", ".pgm", ".pbm", ".pnm"),
)
UNREADABLE = "unreadable"  # in the place of a digest
MOST_ENDINGS = 8  # of other files that are told apart


class ImageFolder:
    """The image files in a folder, at any depth.

    Attributes:
        names: their paths within the folder, sorted.
        not_used: paths of what else lies there, by the reason why it is not read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        found = list_folder(path)
        self.names: Sequence[str] = list(filter(is_image, found.files))
        self.not_used: Mapping[str, Sequence[str]] = {
            **_others(found.files),
            **_hidden(found.hidden),
            "links to folders, which are not followed": found.links,
            "neither files nor folders": found.special,
        }

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
        not_used: paths of what else lies there, by the reason why it is not read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            self._archive = ZipFile(path)
        except (BadZipFile, OSError, ValueError, NotImplementedError) as problem:
            raise UserError(f"{path} is no readable zip: {reason(problem)}. Write or fetch it again.") from None
        visible = [entry for entry in self._archive.infolist() if not (entry.is_dir() or is_hidden(entry.filename))]
        hidden = [entry.filename for entry in self._archive.infolist() if is_hidden(entry.filename)]
        self._lock = Lock()  # an archive is read by one thread at a time
        self._entries = {entry.filename: entry for entry in visible if is_image(entry.filename)}
        self.names: Sequence[str] = sorted(self._entries)
        self.not_used: Mapping[str, Sequence[str]] = {
            **_others(sorted(entry.filename for entry in visible)),
            **_hidden(sorted(hidden)),
        }

    def images(self, names: Sequence[str]) -> Iterator[RawImage]:
        """Iterate over some of the images."""
        for name in names:
            yield RawImage(f"{self._path}, entry {name!r},", partial(self._read, self._entries[name]))

    def digests(self, names: Sequence[str]) -> list[str]:
        """Return the SHA-256 of the archive, which is that of all its files."""
        return [file_digest(self._path)]

    def find(self, name: str) -> tuple[str, bytes] | None:
        """Return an entry that is no image by the last part of its path: what to call it, and its content."""
        for entry in self._archive.infolist():
            if PurePosixPath(entry.filename).name == name and not is_hidden(entry.filename):
                return f"{self._path}, entry {entry.filename!r},", self._read(entry)
        return None

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
    if not path.is_dir() and path.suffix.lower() != ".zip" and not is_zipfile(readable(path)):
        raise UserError(
            f"{field}={written!r} is in no format that is read here. Give a folder of images, or a .zip, .npz, .npy "
            "or .parquet file."
        )
    collection = ImageFolder(path) if path.is_dir() else ImageArchive(readable(path))
    if not collection.names:
        raise UserError(
            f"{field}={written!r} holds no image files ({', '.join(SUFFIXES)}){_instead(collection.not_used)}. Name "
            "another folder or zip."
        )
    return collection


def _digest(path: Path) -> str:
    try:
        return file_digest(path)
    except OSError:
        return UNREADABLE


def is_image(name: str) -> bool:
    """Whether a path ends like an image's."""
    return PurePosixPath(name).suffix.lower() in SUFFIXES


def _hidden(names: Iterable[str]) -> dict[str, Sequence[str]]:
    """Return the hidden images: macOS adds some to a zip, and file managers keep thumbnails."""
    return {"hidden images": list(filter(is_image, names))}


def _others(names: Iterable[str]) -> dict[str, Sequence[str]]:
    """Return the files that do not end like an image's, by their ending."""
    found: dict[str, list[str]] = {}
    for name in names:
        if not is_image(name):
            ending = PurePosixPath(name).suffix.lower()
            found.setdefault(f"files ending in {ending}" if ending else "files without an ending", []).append(name)
    rarest = sorted(found, key=lambda why: -len(found[why]))[MOST_ENDINGS:]
    others = [name for why in rarest for name in found.pop(why)]
    return {**found, "files with other endings": others} if others else dict(found)


def _instead(not_used: Mapping[str, Sequence[str]]) -> str:
    told = ", ".join(f"{len(names):,} {why}" for why, names in not_used.items() if names)
    return f", but {told}" if told else ""

"""Which files a setting names: one, a list of them, those of a pattern, or those of a folder; and their formats."""

import bz2
import gzip
import io
import lzma
import re
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from glob import glob
from pathlib import Path, PurePath
from typing import IO, Any

from genloop.data.extras import needs_extra
from genloop.data.reading import is_hidden, list_folder, named_path, readable
from genloop.errors import UserError

COMPRESSED = {".gz": "gz", ".bz2": "bz2", ".xz": "xz", ".zst": "zst", ".zstd": "zst"}
TABLES = {
    ".jsonl": "json-lines", ".ndjson": "json-lines", ".jsonlines": "json-lines", ".json": "json-lines",
    ".csv": "csv", ".tsv": "tsv", ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
SPLITS = {"train": "train", "training": "train", "test": "test"} | dict.fromkeys(
    ("validation", "valid", "val", "dev", "eval"), "validation"
)
MAGIC = r"[*?\[]"  # makes a path a pattern
DESCRIPTIONS = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")  # of data sets of the Hub
MOST_TIMES = 100  # its size that a compressed file may unpack to; real text reaches ten
LEAST_MOST_BYTES = 1 << 28  # that a file may unpack to, however small it is
DAMAGE = (OSError, EOFError, zlib.error, lzma.LZMAError)  # what reading a damaged file raises


@dataclass(frozen=True)
class FileFormat:
    """How a file is to be read, as the ending of its name says.

    Attributes:
        kind: such as `json-lines`.
        compression: `gz`, `bz2`, `xz`, `zst`, or empty.
    """

    kind: str
    compression: str = ""

    def __str__(self) -> str:
        return f"{self.kind}.{self.compression}" if self.compression else self.kind


@dataclass(frozen=True)
class NamedFiles:
    """Files that a setting names.

    Attributes:
        paths: the files, sorted within each folder and pattern.
        left_out: how many others lie in the folders, by reason.
    """

    paths: Sequence[Path]
    left_out: dict[str, int]


def format_of(path: PurePath | str, plain: Collection[str] = ()) -> FileFormat | None:
    """Return the format of a file by the ending of its name, whatever its case; None of an unknown one.

    Args:
        plain: endings of plain text.
    """
    name = PurePath(path)
    compression = COMPRESSED.get(name.suffix.lower(), "")
    ending = (PurePath(name.stem).suffix if compression else name.suffix).lower()
    kind = "plain" if ending in plain else TABLES.get(ending)
    return FileFormat(kind, compression) if kind else None


def find_files(field: str, written: str | Sequence[str], *, plain: Collection[str] = ()) -> NamedFiles:
    """Return the files that a setting names.

    A file is taken whatever its name is. Of a folder, the files of the one format in it are taken, at any depth. If all
    of them are named after splits, or lie in folders that are, as in a copy of a data set of the Hub, those of `field`
    are taken.

    Args:
        field: name of the setting, `train` or `test`.
        written: its value: a path, a pattern such as `shards/*.jsonl`, or several.
        plain: endings of plain text in folders.

    Raises:
        UserError: if there are none, or a folder holds several formats.
    """
    parts = [_find(field, each, plain) for each in ([written] if isinstance(written, str) else written)]
    if not parts:
        raise UserError(f"{field}=[] names no file. Name one or more.")
    left_out: dict[str, int] = {}
    for reason, num in (item for part in parts for item in part.left_out.items()):
        left_out[reason] = left_out.get(reason, 0) + num
    return NamedFiles([path for part in parts for path in part.paths], left_out)


def open_file(path: Path, compression: str) -> IO[bytes]:
    """Open a file that may be compressed; what is damaged, or has no end, raises one of `DAMAGE` when it is read."""
    if not compression:
        return path.open("rb")
    most = max(LEAST_MOST_BYTES, MOST_TIMES * path.stat().st_size)
    return io.BufferedReader(_Bounded(_unpacking(path, compression), most), 1 << 20)


def _unpacking(path: Path, compression: str) -> IO[bytes]:
    if compression == "zst":
        with needs_extra("text"):
            import pyarrow
        stream: Any = pyarrow.input_stream(str(path), compression="zstd")
        return stream
    opened: Any = {"gz": gzip.open, "bz2": bz2.open, "xz": lzma.open}[compression]
    return opened(path, "rb")


class _Bounded(io.RawIOBase):
    """What is unpacked, as far as a limit: a few bytes can stand for gigabytes."""

    def __init__(self, stream: IO[bytes], most: int) -> None:
        self._stream = stream
        self._most = self._left = most

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._stream.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise OSError(
                f"it holds more than {self._most:,} bytes, {MOST_TIMES} times its size; unpack it if it should"
            )
        buffer[: len(data)] = data
        return len(data)

    def close(self) -> None:
        self._stream.close()
        super().close()


def _find(field: str, written: str, plain: Collection[str]) -> NamedFiles:
    path = named_path(field, written)
    if path.is_file():
        return NamedFiles([readable(path)], {})
    if path.is_dir():
        return _find_in_folder(field, written, path, plain)
    if re.search(MAGIC, written):
        found = sorted(each for each in map(Path, glob(str(path), recursive=True)) if not each.is_dir())
        named = next(place for place, part in enumerate(path.parts) if re.search(MAGIC, part))  # parts as they are
        visible = [each for each in found if not is_hidden("/".join(each.parts[named:]))]
        if visible:
            hidden = {"hidden files": len(found) - len(visible)} if len(found) > len(visible) else {}
            return NamedFiles(list(map(readable, visible)), hidden)
        raise UserError(f"{field}={written!r} fits the name of no file. Check the pattern.")
    raise UserError(f"{field}={written!r}: there is no such file or folder. Check the path.")


def _find_in_folder(field: str, written: str, folder: Path, plain: Collection[str]) -> NamedFiles:
    listing = list_folder(folder)
    inside = [folder / name for name in listing.files]
    formats = {path: found for path in inside if path.name not in DESCRIPTIONS and (found := format_of(path, plain))}
    if any(path.suffix.lower() != ".json" for path in formats):  # which may be a description of the others
        formats = {path: found for path, found in formats.items() if path.suffix.lower() != ".json"}
    kinds = sorted({found.kind for found in formats.values()})
    if not kinds:
        endings = ", ".join([*plain, *TABLES])
        raise UserError(f"{field}={written!r} is a folder without {endings} files. Name a folder of them, or one file.")
    if len(kinds) > 1:
        pattern = f"{written.rstrip('/')}/**/*{next(iter(formats)).suffix}"
        raise UserError(
            f"{field}={written!r} is a folder with files of several formats: {', '.join(kinds)}. "
            f"Say which to read, as in {pattern!r}."
        )
    chosen = _of_split(field, folder, list(formats))
    left_out = {
        "files of other kinds": len(inside) - len(formats),
        "files of other splits": len(formats) - len(chosen),
        "hidden files": sum(format_of(name, plain) is not None for name in listing.hidden),
        "links to folders, which are not followed": len(listing.links),
        "neither files nor folders": len(listing.special),
    }
    return NamedFiles(list(map(readable, chosen)), {reason: num for reason, num in left_out.items() if num})


def _of_split(field: str, folder: Path, paths: list[Path]) -> list[Path]:
    """Return the files of the split that is meant, or all if not every name tells its split."""
    splits = {path: _split_of(path.relative_to(folder)) for path in paths}
    names = set(splits.values())
    if None in names or "train" not in names:
        return paths
    wanted = "train" if field == "train" else next((name for name in ("test", "validation") if name in names), None)
    return [path for path in paths if splits[path] == wanted] or paths


def _split_of(path: Path) -> str | None:
    words: Iterable[str] = (re.split(r"[-_.\d]", part)[0].lower() for part in reversed(path.parts))
    return next((SPLITS[word] for word in words if word in SPLITS), None)

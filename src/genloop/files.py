"""Files and folders that are either whole or absent: written beside their place, and renamed into it.

A folder that somebody else has made is data. Nothing here follows a link that lies where a name of ours is expected,
and what it leads to is left alone.
"""

import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

STALE_SECONDS = 3600.0  # after which what a writer left beside a file is taken for that of a dead one


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place for a file or folder, which takes the name of `path` when the block ends well, and else vanishes.

    Processes that write one path at once each have a place of their own; the last one stays. A link gives way, not
    what it leads to; a device or a pipe is written into.
    """
    if _is_stream(path):
        with _passing_on(path) as working:
            yield working
        return
    working = path.with_name(f".{path.name}.{os.getpid()}")
    remove(working)
    try:
        yield working
        working.replace(path)
    finally:
        remove(working)


def _is_stream(path: Path) -> bool:
    """Whether a path is a device or a pipe; links to such are followed where the system has them."""
    try:
        mode = (path.stat if path.is_relative_to("/dev") else path.lstat)().st_mode
    except OSError:
        return False
    return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode) or stat.S_ISLNK(mode))


@contextmanager
def _passing_on(device: Path) -> Iterator[Path]:
    """Give a place for a file whose content goes into a device or a pipe."""
    with TemporaryDirectory() as folder:
        working = Path(folder) / device.name
        yield working
        with working.open("rb") as source, device.open("wb") as sink:
            shutil.copyfileobj(source, sink)


def remove(path: Path) -> None:
    """Remove a file, a folder or a link; of a link, only the link."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def _remove_stale(path: Path) -> None:
    """Remove what writers of a file that were killed long ago have left beside it."""
    with suppress(OSError):
        for left in path.parent.glob(f".{path.name}.*"):
            if left.suffix[1:].isdecimal() and time.time() - left.lstat().st_mtime > STALE_SECONDS:
                remove(left)


def own_folder(path: Path) -> Path:
    """Make a folder of ours, with those above it; a file or a link in its place gives way."""
    with suppress(FileNotFoundError):
        if stat.S_ISDIR(path.lstat().st_mode):
            return path
        path.unlink()
    path.mkdir(parents=True, exist_ok=True)
    return path


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is either whole or absent, and on the disk."""
    with replacing(path) as working:
        write_and_flush(working, text)
    _remove_stale(path)


def write_and_flush(path: Path, text: str) -> None:
    """Write a text file, and wait until it has reached the disk."""
    with path.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def flush(path: Path) -> None:
    """Wait until a file or folder has reached the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

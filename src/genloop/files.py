"""Files and folders that are either whole or absent: written beside their place, and renamed into it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a place for a file or folder, which takes the name of `path` when the block ends well, and else vanishes.

    Processes that write one path at once each have a place of their own; the last one stays.
    """
    working = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        yield working
        working.replace(path)
    finally:
        shutil.rmtree(working, ignore_errors=True)
        working.unlink(missing_ok=True)


def write_atomically(path: Path, text: str) -> None:
    """Write a text file that is either whole or absent, and on the disk."""
    with replacing(path) as working:
        write_and_flush(working, text)


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

"""Arrays in a working folder that survive an interruption, and are taken up again only if they are whole."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from genloop.files import replacing
from genloop.identity import file_digest

MAPPED_BYTES = 1 << 20  # from which an array is mapped rather than read; an empty one cannot be


def kept_array(path: Path | None, make: Callable[[], np.ndarray]) -> np.ndarray:
    """Return an array that is made once and then found in its file, if there is a place for one.

    Its digest stands beside it, written last: an array that differs from that, or has none, is made again. So nothing
    waits for the disk here; there may be thousands.
    """
    if path is None:
        return make()
    note = path.with_name(f"{path.name}.sha256")
    if not _is_whole(path, note):
        with replacing(path) as working, working.open("wb") as file:
            np.save(file, make(), allow_pickle=False)
        with replacing(note) as working:
            working.write_text(file_digest(path), "ascii")
    return np.load(path, mmap_mode="r" if path.stat().st_size > MAPPED_BYTES else None, allow_pickle=False)


def _is_whole(path: Path, note: Path) -> bool:
    try:
        return note.read_text("ascii") == file_digest(path)
    except (OSError, ValueError):
        return False

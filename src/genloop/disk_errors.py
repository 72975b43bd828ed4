"""What is told of a disk that is full, read-only or not there."""

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genloop.errors import UserError

RUST_NO_SPACE = f"os error {errno.ENOSPC}"  # how libraries written in Rust tell a full disk
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
LEAST_FREE_BYTES = 1 << 16  # with less, a failed write is taken for a full disk


@contextmanager
def report_disk_errors(folder: Path) -> Iterator[None]:
    """Turn a full or read-only disk into one sentence for the user."""
    try:
        yield
    except UserError:
        raise
    except Exception as error:
        if sentence := _disk_error(error, folder):
            raise UserError(sentence) from error
        raise


def _disk_error(error: Exception, folder: Path) -> str | None:
    """Return what to tell of an error while a folder was written; None if the disk is not to blame."""
    code = error.errno if isinstance(error, OSError) and error.errno else 0
    elsewhere = _elsewhere(error, folder)
    place = elsewhere or folder
    if code in (errno.ENOSPC, errno.EDQUOT) or RUST_NO_SPACE in str(error) or _is_full(place):
        return (
            f"The disk that holds {place} is full. Finished steps are kept: free some space and run the same "
            "command again."
        )
    if elsewhere and code in FORBIDDEN:
        return f"{place} cannot be read or written ({os.strerror(code)}). Check its permissions."
    is_gone = code == errno.ENOENT and not folder.exists()  # or cannot be made, as under /proc
    if not elsewhere and (is_gone or code in (*FORBIDDEN, errno.ENOTDIR, errno.EEXIST)):
        return f"{folder} cannot be written ({os.strerror(code)}). Choose another folder."
    return None


def _elsewhere(error: Exception, folder: Path) -> Path | None:
    """Return the file that an error names if that is neither in a folder nor above it, such as data of the user's."""
    named = [getattr(error, name, None) for name in ("filename", "filename2")]
    paths = [Path(path).absolute() for path in named if isinstance(path, str | os.PathLike)]
    inside = folder.absolute()
    is_ours = any(path.is_relative_to(inside) or path in inside.parents for path in paths)
    return None if is_ours or not paths else paths[0]


def _is_full(folder: Path) -> bool:
    """Whether no room is left; libraries tell a failed write in many ways, not all with an error number."""
    return folder.exists() and shutil.disk_usage(folder).free < LEAST_FREE_BYTES

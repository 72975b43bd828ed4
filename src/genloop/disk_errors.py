"""What is told of a disk that is full, read-only or not there."""

import errno
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from genloop.errors import UserError

RUST_CODE = re.compile(r"os error (\d+)")  # how libraries written in Rust tell what the system said
FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)
IN_THE_WAY = (errno.ENOTDIR, errno.EEXIST, errno.EISDIR, errno.ELOOP, errno.ENAMETOOLONG)
LEAST_FREE_BYTES = 1 << 16  # with less, a failed write is taken for a full disk
KEPT = "Finished steps are kept: mend that and run the same command again."
REASONS = {
    errno.EDQUOT: "is over your quota",
    errno.EFBIG: "may hold no file of this size",
    errno.EIO: "cannot be read or written: the device reports an error",
    errno.EMFILE: "cannot be opened: too many files are open. Raise `ulimit -n`",
    errno.ENFILE: "cannot be opened: too many files are open on this machine",
    errno.ESTALE: "is gone: its network file system has lost it",
}


@contextmanager
def report_disk_errors(folder: Path) -> Iterator[None]:
    """Turn what the system says against reading or writing a folder into one sentence for the user."""
    try:
        yield
    except UserError:
        raise
    except MemoryError as error:
        raise UserError(f"Memory ran out while {folder} was written. {KEPT}") from error
    except Exception as error:
        if sentence := _disk_error(error, folder):
            raise UserError(sentence) from error
        raise


def _disk_error(error: Exception, folder: Path) -> str | None:
    """Return what to tell of an error while a folder was written; None if the system is not to blame."""
    code = _code(error)
    elsewhere = _elsewhere(error, folder)
    place = elsewhere or folder
    if code == errno.ENOSPC or _is_full(place):
        return (
            f"The disk that holds {place} is full. Finished steps are kept: free some space and run the same "
            "command again."
        )
    if code == errno.ENOMEM or "can't allocate memory" in str(error):
        return f"Memory ran out while {folder} was written. {KEPT}"
    if code in REASONS:
        return f"{place} {REASONS[code]}. {KEPT}"
    if elsewhere and code in FORBIDDEN:
        return f"{place} cannot be read or written ({os.strerror(code)}). Check its permissions."
    is_gone = code == errno.ENOENT and not _named_in(error, folder)
    if not elsewhere and (is_gone or code in (*FORBIDDEN, *IN_THE_WAY)):
        return f"{folder} cannot be written ({os.strerror(code)}). Choose another folder."
    return None


def _code(error: Exception) -> int:
    """Return what the system said, also where a library has put it in words; 0 if it said nothing."""
    if isinstance(error, OSError) and error.errno:
        return error.errno
    told = RUST_CODE.search(str(error))
    return int(told[1]) if told else 0


def _named_in(error: Exception, folder: Path) -> bool:
    """Whether the folder that holds what an error names is still there: then something in it is missed, not it."""
    name = getattr(error, "filename", None)
    return folder.exists() and (name is None or Path(name).parent.exists())


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

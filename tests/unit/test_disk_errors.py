"""A disk that refuses is told in one sentence, which names what refused: the folder that is written, or another."""

import errno
import os
from pathlib import Path

import pytest

from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError


def _told(tmp_path: Path, error: BaseException) -> str:
    with pytest.raises(UserError) as told, report_disk_errors(tmp_path / "store"):
        raise error
    return str(told.value)


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_data_that_cannot_be_read_are_not_told_as_the_store(tmp_path, number):
    told = _told(tmp_path, OSError(number, os.strerror(number), "/data/secret.parquet"))
    assert told.startswith(f"/data/secret.parquet cannot be read or written ({os.strerror(number)})")


@pytest.mark.parametrize("names", [(), ("store/a",), (".",), ("/elsewhere", None, "store/a")])
def test_store_that_cannot_be_written_is_told_as_such(tmp_path, names):
    """The error names nothing, a file in the store, a folder above it, or a file that was to be moved there."""
    places = [name and str(tmp_path / name) for name in names]
    told = _told(tmp_path, OSError(errno.EACCES, os.strerror(errno.EACCES), *places))
    assert told.startswith(f"{tmp_path / 'store'} cannot be written")


def test_missing_data_are_no_matter_of_the_store(tmp_path):
    with pytest.raises(FileNotFoundError, match="elsewhere"), report_disk_errors(tmp_path / "store"):
        (tmp_path / "elsewhere").read_text()


def test_another_disk_that_is_full_is_named(tmp_path):
    told = _told(tmp_path, OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/scratch/features.npy"))
    assert told.startswith("The disk that holds /scratch/features.npy is full")


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.EIO, "Input/output error"), "the device reports an error"),
        (OSError(errno.EDQUOT, "Disk quota exceeded"), "is over your quota"),
        (OSError(errno.EFBIG, "File too large"), "may hold no file of this size"),
        (OSError(errno.EMFILE, "Too many open files"), "Raise `ulimit -n`"),
        (OSError(errno.ESTALE, "Stale file handle"), "its network file system has lost it"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "Memory ran out"),
        (MemoryError(), "Memory ran out"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "Memory ran out"),
        (Exception("Io error: Disk quota exceeded (os error 122)"), "is over your quota"),
        (Exception("Error while serializing: I/O error: Permission denied (os error 13)"), "cannot be written"),
        (Exception("No space left on device (os error 28)"), "is full"),
        (OSError(errno.EISDIR, "Is a directory"), "cannot be written"),
    ],
    ids=str,
)
def test_whatever_the_system_says_is_one_sentence(tmp_path, error, sentence):
    """Also where a library in Rust has put it in words of its own."""
    (tmp_path / "store").mkdir()
    assert sentence in _told(tmp_path, error)


def test_a_folder_that_vanishes_is_told(tmp_path):
    gone = OSError(errno.ENOENT, "No such file or directory", str(tmp_path / "store" / "partial" / "x"))
    assert "cannot be written" in _told(tmp_path, gone)


def test_an_error_of_our_own_stays_one(tmp_path):
    with pytest.raises(ZeroDivisionError), report_disk_errors(tmp_path):
        raise ZeroDivisionError

"""Attempts at a step: each has a folder of its own, so nobody writes into another's.

    partial/KEY.ATTEMPT/scratch         what survives an interruption
    partial/KEY.ATTEMPT/result          what is published when it is whole
    partial/KEY.ATTEMPT/seconds_spent   by all attempts before the one that began when this was written

Whoever takes up an abandoned attempt renames its folder, and moves its scratch to one of its own. A rename is atomic,
so one of several succeeds; and a process that was suspended, not dead, finds that its folder is gone, and stops. A
folder without ATTEMPT is of an earlier version.
"""

import secrets
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from genloop.files import own_folder, remove

SPENT = "seconds_spent"


@dataclass(frozen=True)
class Attempt:
    """A folder in which one process computes a step.

    Attributes:
        folder: its place.
        spent: seconds that earlier attempts took, whose scratch this one has taken up.
    """

    folder: Path
    spent: float

    @property
    def scratch(self) -> Path:
        return self.folder / "scratch"

    @property
    def result(self) -> Path:
        return self.folder / "result"

    def is_taken(self) -> bool:
        """Whether somebody has taken it up, or thrown it away; what was written to its place since is none."""
        return not (self.folder / SPENT).is_file()


class Taken(Exception):
    """Another process has taken up an attempt."""


def step_of(folder: Path) -> str:
    """Return the key of the step that a folder is an attempt at."""
    return folder.name.partition(".")[0]


def attempts_at(partial: Path, key: str) -> list[Path]:
    """Return what lies there of attempts at a step, the latest first."""
    with suppress(OSError):
        found = [(_began(path), path) for path in partial.iterdir() if step_of(path) == key]
        return [path for _, path in sorted(found, reverse=True)]
    return []


def _began(folder: Path) -> float:
    with suppress(OSError):
        return folder.lstat().st_mtime
    return 0.0


def new_place(partial: Path, key: str) -> Path:
    """Return a place for an attempt that nobody has used."""
    return partial / f"{key}.{secrets.token_hex(6)}"


def begin(partial: Path, key: str, *, takes_up: bool) -> Attempt:
    """Begin an attempt, with the scratch of the latest one if it takes that up.

    Raises:
        Taken: if another process has taken up this one already.
    """
    folder, taken = new_place(own_folder(partial), key), new_place(partial, key)
    is_further = takes_up and _take(attempts_at(partial, key), taken)
    attempt = Attempt(folder, _spent(taken) if is_further else 0.0)
    folder.mkdir()
    try:
        (folder / SPENT).write_text(str(attempt.spent))
        attempt.result.mkdir()
        attempt.scratch.mkdir()
        if is_further:
            _move(taken / "scratch", attempt.scratch)
    except FileNotFoundError:
        raise Taken from None
    if is_further:
        remove(taken)
    return attempt


def _move(kept: Path, scratch: Path) -> None:
    """Move what was kept into a folder of ours: its last owner may write to the old one, wherever that is, for a while.

    Network file systems find a folder that they know under its old name for seconds.
    """
    for path in list(kept.iterdir()):
        path.rename(scratch / path.name)


def _take(attempts: list[Path], place: Path) -> bool:
    """Give the first attempt that holds a scratch another place; False if none does, or others are faster with all."""
    for folder in attempts:
        if not folder.is_symlink() and not (folder / "scratch").is_symlink() and (folder / "scratch").is_dir():
            with suppress(FileNotFoundError):
                folder.rename(place)
                return True
    return False


def _spent(folder: Path) -> float:
    """Return the seconds that earlier attempts took, each until it last wrote a file."""
    note = folder / SPENT
    with suppress(OSError, ValueError):  # one that was killed while it wrote the note
        last = max(path.stat().st_mtime for path in folder.rglob("*"))
        return 0.0 if note.is_symlink() else float(note.read_text()) + last - note.stat().st_mtime
    return 0.0


def throw_away(path: Path, partial: Path, key: str) -> None:
    """Remove an attempt or a result so that at no time a part of it stands where others look for the whole."""
    aside = new_place(own_folder(partial), key)
    with suppress(FileNotFoundError):
        path.rename(aside)
        remove(aside)

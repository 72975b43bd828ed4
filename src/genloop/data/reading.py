"""Paths as users write them, files as they keep them, and what libraries say of either."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NoReturn

from genloop.errors import UserError

SHOWN = 60  # characters of what was written that a message repeats
MOST_LISTED = 20  # names in a message


def named_path(field: str, written: str) -> Path:
    """Return the path that a setting names; whether anything is there is not said.

    Args:
        field: name of the setting, for the message.
        written: its value; `~` stands for a home folder.

    Raises:
        UserError: if nothing can be there, or the place cannot be looked at.
    """
    try:
        path = Path(written).expanduser()
        path.exists()  # which raises where a name is too long, or a folder on the way is locked
    except (OSError, RuntimeError) as problem:
        why = getattr(problem, "strerror", None) or reason(problem)
        raise UserError(f"{field}={written[:SHOWN]!r} is no usable path: {why}. Check it.") from None
    return path


def readable(path: Path) -> Path:
    """Return a path at which there is a file that can be opened.

    Raises:
        UserError: if there is none, such as at the end of a link to nowhere.
    """
    try:
        path.open("rb").close()
    except OSError as problem:
        _refuse(problem)
    return path


def files_in(folder: Path) -> Iterator[str]:
    """Iterate over the paths of all files in a folder, at any depth; links to other folders are not followed.

    Raises:
        UserError: if a folder cannot be looked into.
    """
    for place, _, names in os.walk(folder, onerror=_refuse):
        yield from (os.path.join(place, name) for name in names)


def _refuse(problem: OSError) -> NoReturn:
    raise UserError(f"{problem.filename} cannot be read: {problem.strerror}. Remove it, or make it readable.") from None


def reason(problem: Exception) -> str:
    """Return what an error says, on one line and without its full stop."""
    return " ".join(str(problem).split()).rstrip(".") or type(problem).__name__


def listed(names: Iterable[str]) -> str:
    """Return names for a message, in order: no more and no longer than a person reads, and with nothing unprintable."""
    ordered = sorted(names)
    shown = [name[:SHOWN].encode(errors="backslashreplace").decode() for name in ordered[:MOST_LISTED]]
    others = len(ordered) - len(shown)
    return (", ".join(shown) or "none") + (f" and {others:,} others" if others else "")

"""Paths as users write them, files as they keep them, and what libraries say of either."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from genloop.errors import UserError

SHOWN = 60  # characters of what was written that a message repeats
MOST_LISTED = 20  # names in a message
OF_SYSTEMS = frozenset(  # what macOS, Windows, Linux and storage boxes keep beside the files of people, in any case
    ("__macosx", "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "lost+found",
     "@eadir", "#recycle", "__pycache__")
)  # fmt: skip
LOCKS = "~$"  # begins the names of files that an office program keeps open


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


@dataclass(frozen=True)
class Listing:
    """What a folder holds, at any depth, as sorted paths within it.

    Attributes:
        files: what can be data.
        hidden: files that `is_hidden`, such as thumbnails and checkpoints of editors.
        links: to other folders, which are not followed.
        special: what is neither file nor folder, such as a pipe.
    """

    files: list[str]
    hidden: list[str]
    links: list[str]
    special: list[str]


def readable(path: Path) -> Path:
    """Return a path at which there is a file that can be opened.

    Raises:
        UserError: if there is none, such as at the end of a link to nowhere, or something else, such as a pipe.
    """
    if path.exists() and not path.is_file():
        raise UserError(f"{path} is no file. Name one.")
    try:
        path.open("rb").close()
    except OSError as problem:
        _refuse(problem)
    return path


def files_in(folder: Path) -> Iterator[str]:
    """Iterate over the paths of all files in a folder that can be data, as `list_folder` finds them."""
    yield from (os.path.join(folder, name) for name in list_folder(folder).files)


def list_folder(folder: Path) -> Listing:
    """Return what a folder holds, at any depth; links to nowhere count as files, so that they are missed.

    Raises:
        UserError: if a folder cannot be looked into.
    """
    found = Listing([], [], [], [])
    for place, folders, names in os.walk(folder, onerror=_refuse):
        relative = os.path.relpath(place, folder)
        for name in (*names, *(each for each in folders if os.path.islink(os.path.join(place, each)))):
            written = os.path.normpath(os.path.join(relative, name)).replace(os.sep, "/")
            _place(found, written, os.path.join(place, name)).append(written)
    return Listing(*(sorted(paths) for paths in vars(found).values()))


def is_hidden(name: str) -> bool:
    """Whether a part of a path begins with a dot, or is what a system keeps for itself."""
    return any(
        (part.startswith(".") and part.strip(".")) or part.lower() in OF_SYSTEMS or part.startswith(LOCKS)
        for part in name.split("/")
    )


def _place(found: Listing, name: str, path: str) -> list[str]:
    if is_hidden(name):
        return found.hidden
    if os.path.isdir(path):
        return found.links
    return found.files if os.path.isfile(path) or os.path.islink(path) else found.special


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

"""What a store holds: whether it is sound, how large it is, and what of it some runs need."""

import os
import re
import stat
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genloop.attempts import step_of
from genloop.errors import UserError
from genloop.executors.progress_file import PROGRESS_FILE, read_progress
from genloop.runs.record import Run
from genloop.runs.soundness import KEY, is_sound
from genloop.store import DamagedArtefact, Store


@dataclass(frozen=True)
class Holding:
    """Some of the steps in a store.

    Attributes:
        num: how many.
        num_bytes: of their files.
    """

    num: int
    num_bytes: int


def open_store(folder: Path) -> Store:
    """Return the store in a folder, in which nothing is changed.

    Raises:
        UserError: if it holds none, or one of a newer version.
    """
    store = Store(folder, is_sound)
    store.check_format()
    return store


def finished(store: Store) -> list[str]:
    """Return the keys of all steps that have a folder among the results, in their order."""
    return [name for name in _names(store.root) if re.fullmatch(KEY, name)]


def unfinished(store: Store) -> list[str]:
    """Return the keys of the steps of which an attempt was not finished."""
    keys = {step_of(Path(name)) for name in _names(store.partial)}
    return sorted(key for key in keys if re.fullmatch(KEY, key))


def _names(folder: Path) -> list[str]:
    return sorted(os.listdir(folder)) if folder.is_dir() and not folder.is_symlink() else []


def damages(store: Store) -> dict[str, str]:
    """Return the steps whose files are not as they were written, and a sentence about each; every file is read."""
    found = {}
    for key in finished(store):
        try:
            store.verified(key)
        except DamagedArtefact as damage:
            found[key] = str(damage)
    return found


def needed(runs: Sequence[Run], store: Store) -> dict[Path, frozenset[str]]:
    """Return the keys of all steps that runs consist of, by their folders.

    Raises:
        UserError: if one of them keeps its results elsewhere.
    """
    for run in runs:
        if run.store.root.resolve() != store.root.resolve():
            raise UserError(f"{run.directory} keeps its results in {run.store.root}, not in {store.root}.")
    return {run.directory: frozenset(run.record.keys) for run in runs}


def holding(store: Store, keys: Iterable[str]) -> Holding:
    """Return how large some steps are that a store holds, finished or not."""
    sizes = [_bytes_in(store.path(key)) + sum(map(_bytes_in, store.attempts(key))) for key in keys]
    return Holding(len(sizes), sum(sizes))


def by_kind(store: Store) -> Mapping[str, Holding]:
    """Return what a store holds of every kind of step; attempts at unfinished ones are a kind of their own."""
    kinds: dict[str, list[int]] = {}
    for key in finished(store):
        kinds.setdefault(key.partition("-")[0], []).append(_bytes_in(store.path(key)))
    if open_keys := unfinished(store):
        kinds["unfinished"] = [sum(map(_bytes_in, store.attempts(key))) for key in open_keys]
    return {kind: Holding(len(sizes), sum(sizes)) for kind, sizes in kinds.items()}


def _bytes_in(folder: Path) -> int:
    """Return the size of all files in a folder; what links lead to is not in it."""
    if folder.is_symlink() or not folder.is_dir():
        return 0
    found = (os.lstat(os.path.join(place, name)) for place, _, names in os.walk(folder) for name in names)
    return sum(each.st_size for each in found if stat.S_ISREG(each.st_mode))


def unneeded(store: Store, keys: Iterable[str]) -> list[str]:
    """Return the steps in a store that are none of these.

    Raises:
        UserError: if a process computes one of them: whatever it reads is not needed by these, either.
    """
    needed = frozenset(keys)
    for key in store.in_hand():
        if key not in needed:
            raise UserError(
                f"{_who(store, key)} computes {key} in {store.root}, which none of these runs needs. Name its run, "
                "too, or wait until it has ended."
            )
    return sorted({*finished(store), *unfinished(store)} - needed)


def _who(store: Store, key: str) -> str:
    said = read_progress(store.working(key) / PROGRESS_FILE)
    return f"Process {said.process} on {said.host}" if said else "A process"


def prune(store: Store, keys: Iterable[str]) -> list[str]:
    """Remove steps from a store, finished or not, and return those that were removed: what is in hand by now stays.

    Raises:
        UserError: if the store cannot be written.
    """
    return [key for key in keys if store.remove(key)]

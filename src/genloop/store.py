"""Results on disk: one folder per step, named by its key, complete exactly if it has a manifest.

A step writes to a working folder; content digests and the manifest come last; one rename publishes all. Whatever
is read later is checked against the digests first. Two processes can share a store: each step is locked while it is
computed, and the second process finds it done.
"""

import json
import math
import shutil
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, ClassVar, Self, TypedDict

from filelock import FileLock, Timeout

from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError
from genloop.files import flush, own_folder, remove, write_and_flush, write_atomically
from genloop.identity import canonical_json, describe, digest, file_digest

FORMAT = 1  # of the layout below; a store of a higher format is refused
MANIFEST = "manifest.json"
PATIENT_SECONDS = 1.0  # of waiting for a lock before anything is said of it
SPENT = "seconds_spent"  # in a working folder: by all attempts before the one that began when this was written


class DamagedArtefact(UserError):
    """A finished result whose content differs from what was written."""


class FileRecord(TypedDict):
    """What a manifest says of a file, by which it is known again."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a finished step recorded about itself.

    Attributes:
        key: the step's name.
        inputs: what the key was made of.
        facts: small results, such as a model's status.
        files: what each file holds, by its name.
        elapsed_seconds: time that the step took, what was spent before interruptions included.
    """

    key: str
    inputs: Mapping[str, object]
    facts: Mapping[str, object]
    files: Mapping[str, FileRecord]
    elapsed_seconds: float

    def count(self, fact: str) -> int:
        """Return a fact that is a number of things."""
        number = self.facts[fact]
        assert isinstance(number, int), f"{self.key} has {number!r} as {fact}"
        return number

    def said(self, fact: str) -> str:
        """Return a fact in words."""
        return str(self.facts[fact])

    def text(self) -> str:
        record = {"format": FORMAT, **vars(self)}
        return json.dumps({**record, "digest": digest(record)}, indent=1, ensure_ascii=False)


class Store:
    """The results under one folder.

    Attributes:
        root: the folder.
        is_sound: whether a manifest says what its kind of step says; others count as damaged.
    """

    is_folder: ClassVar[bool] = True  # and nothing else: only who sees it can share it

    def __init__(self, root: Path, is_sound: Callable[[Manifest], bool] | None = None) -> None:
        self.root = root
        self.is_sound = is_sound
        self._checked: dict[str, Manifest] = {}

    def __getstate__(self) -> dict[str, object]:
        """Leave behind what was found: another process looks for itself."""
        return {**vars(self), "_checked": {}}

    def open(self) -> Self:
        """Make the folder if it is new.

        Raises:
            UserError: if the folder cannot be written, or a newer version wrote it.
        """
        with report_disk_errors(self.root):
            self.root.mkdir(parents=True, exist_ok=True)
            path = self.root / "format.json"
            if not path.exists():
                write_atomically(path, canonical_json({"format": FORMAT}))
        self.check_format()
        self._tidy()
        return self

    def _tidy(self) -> None:
        """Remove the working folders of steps that are finished: of a killed process, whose step another one did."""
        with suppress(OSError):
            for working in (self.root / "partial").iterdir():
                if self.holds(working.name):
                    remove(working)

    def check_format(self) -> None:
        """Raise UserError if a newer version wrote this store, or if it is no store."""
        path = self.root / "format.json"
        try:
            found = json.loads(path.read_text("utf-8"))["format"]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UserError(f"{self.root} is no genloop store: {path.name} is missing or unreadable.") from error
        if found != FORMAT:
            raise UserError(
                f"{self.root} has store format {found}, this version reads format {FORMAT}. "
                "Upgrade genloop, or use another folder."
            )

    def path(self, key: str) -> Path:
        """Return the folder of a finished step."""
        return self.root / key

    def holds(self, key: str) -> bool:
        """Whether a step is finished, intact or not: a manifest is a file, and no pipe that never ends."""
        return (self.path(key) / MANIFEST).is_file()

    def find(self, key: str) -> Manifest | None:
        """Return the manifest of a finished step whose files are as they were written; None if it is not done.

        Raises:
            DamagedArtefact: if a file has changed since.
        """
        if key not in self._checked:
            if not self.holds(key):
                return None
            self._checked[key] = self.verified(key, self.path(key))
        return self._checked[key]

    def peek(self, key: str) -> Manifest | None:
        """Return the manifest of a finished step without reading its files; None if it is not done.

        Raises:
            DamagedArtefact: if the manifest itself has changed.
        """
        known = self._checked.get(key)
        return known or (self.read(key, self.path(key)) if self.holds(key) else None)

    def read(self, key: str, folder: Path) -> Manifest:
        """Return the manifest of a step in a folder.

        Raises:
            DamagedArtefact: if it is not what a step of its kind records.
        """
        path = folder / MANIFEST
        manifest = _read_manifest(path, key)
        if self.is_sound and not self.is_sound(manifest):
            raise _damaged(path)
        return manifest

    def verified(self, key: str, folder: Path) -> Manifest:
        """Return the manifest of a step in a folder, whose files are as they were written.

        Raises:
            DamagedArtefact: if one is not.
        """
        manifest = self.read(key, folder)
        for name, expected in manifest.files.items():
            if not _is_as_written(folder / name, expected):
                raise _damaged(folder / name)
        return manifest

    def discard(self, key: str) -> None:
        """Forget a result, so that it is computed again."""
        self._checked.pop(key, None)
        self._remove(self.path(key))

    def discard_damaged(self, key: str) -> None:
        """Discard a result if its files are still other than what was written: another process may have mended it.

        Raises:
            UserError: if the store cannot be written.
        """
        with report_disk_errors(self.root), self._locked(key):
            try:
                self.find(key)
            except DamagedArtefact:
                self.discard(key)

    def working(self, key: str) -> Path:
        """Return the folder in which a step is computed."""
        return self.root / "partial" / key

    def create(
        self,
        key: str,
        inputs: Mapping[str, object],
        write: Callable[[Path, Path], Mapping[str, object]],
        waits: Callable[[], None] = lambda: None,
    ) -> Manifest:
        """Compute a step and publish its result, unless another process has done so meanwhile.

        Args:
            key: the step's name.
            inputs: what the key was made of, recorded in the manifest.
            write: writes the result to the first folder and returns the facts to record; the second folder
                survives an interruption.
            waits: called once if another process has the step in hand and takes its time.

        Raises:
            UserError: if the disk is full or cannot be written.
        """
        with report_disk_errors(self.root), self._locked(key, waits):
            manifest = self.find(key)
            if manifest is None:
                manifest = self._checked[key] = self._publish(key, inputs, write)
            return manifest

    def _publish(
        self, key: str, inputs: Mapping[str, object], write: Callable[[Path, Path], Mapping[str, object]]
    ) -> Manifest:
        own_folder(self.root / "partial")
        working = own_folder(self.working(key))
        scratch = own_folder(working / "scratch")
        spent = _take_up(working)
        remove(working / "result")
        result = own_folder(working / "result")

        start = time.perf_counter()
        facts = write(result, scratch)
        elapsed = spent + time.perf_counter() - start

        files: dict[str, FileRecord] = {
            str(path.relative_to(result)): {"sha256": file_digest(path), "bytes": path.stat().st_size}
            for path in sorted(result.rglob("*"))
            if path.is_file()
        }
        manifest = Manifest(key, describe(inputs), describe(facts), files, round(elapsed, 3))
        for name in files:
            shutil.copymode(self.root / "format.json", result / name)  # safetensors lets nobody but the owner read
            flush(result / name)
        write_and_flush(result / MANIFEST, manifest.text())
        flush(result)

        self._remove(self.path(key))
        result.rename(self.path(key))
        flush(self.root)
        remove(working)
        return manifest

    def _remove(self, path: Path) -> None:
        """Remove a folder so that it never looks complete while it vanishes; of a link, only the link."""
        if path.is_dir() and not path.is_symlink():
            remove(path / MANIFEST)
        remove(path)

    @contextmanager
    def _locked(self, key: str, waits: Callable[[], None] = lambda: None) -> Generator[None, None, None]:
        lock = own_folder(self.root / "locks") / f"{key}.lock"
        if lock.is_symlink() or not (lock.is_file() or not lock.exists()):
            lock.unlink()
        held = FileLock(lock)  # the system releases it when a process dies
        try:
            held.acquire(timeout=PATIENT_SECONDS)
        except Timeout:
            waits()
            held.acquire()
        try:
            yield
        finally:
            held.release()


def _take_up(working: Path) -> float:
    """Return the seconds that earlier attempts at a step took, each until it last wrote a file, and note them."""
    note, spent = working / SPENT, 0.0
    if note.is_symlink():
        note.unlink()
    with suppress(OSError, ValueError):  # the first attempt, or one that was killed while it wrote the note
        last = max(path.stat().st_mtime for path in working.rglob("*"))
        spent = float(note.read_text()) + last - note.stat().st_mtime
    note.write_text(str(spent))
    return spent


def _is_as_written(file: Path, expected: FileRecord) -> bool:
    """Whether a file is one, rather than a link to one of somebody's, and holds what its manifest says."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size != expected["bytes"]:
        return False
    return file_digest(file) == expected["sha256"]


def _read_manifest(path: Path, key: str) -> Manifest:
    try:
        record = json.loads(path.read_text("utf-8"))
        claimed = record.pop("digest")
        format_found = record.pop("format")
        intact = claimed == digest({"format": format_found, **record}) and record["key"] == key and _is_sound(record)
        manifest = Manifest(**record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _damaged(path) from error
    if not intact:
        raise _damaged(path)
    return manifest


def _is_sound(record: Mapping[str, Any]) -> bool:
    """Whether a manifest says what one says, and its files lie in its folder: somebody else may have written it."""
    files, seconds = record["files"], record["elapsed_seconds"]
    names = [PurePosixPath(name) for name in files]
    return (
        isinstance(record["facts"], dict)
        and isinstance(seconds, int | float)
        and 0 <= seconds < math.inf
        and not any(name.is_absolute() or ".." in name.parts for name in names)
        and all({"sha256", "bytes"} <= each.keys() for each in files.values())
    )


def _damaged(path: Path) -> DamagedArtefact:
    return DamagedArtefact(
        f"{path} has changed since it was written, so it is not used. Run the same command again to recompute it."
    )

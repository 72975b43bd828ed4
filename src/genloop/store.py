"""Results on disk: one folder per step, named by its key, complete exactly if it has a manifest.

A step is computed in a folder of its own; content digests and the manifest come last; one rename publishes all, and
never replaces a sound result. Whatever is read later is checked against the digests first. Processes can share a store:
whoever computes a step holds a lease, so the others wait and find it done; were that to fail, all compute it, and the
first published result stays.
"""

import errno
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path
from typing import ClassVar, Self

from genloop.attempts import Attempt, Taken, attempts_at, begin, new_place, step_of, throw_away
from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError
from genloop.files import flush, own_folder, remove, write_and_flush, write_atomically
from genloop.identity import canonical_json, describe, file_digest
from genloop.leases import is_held, leased
from genloop.manifest import (
    FORMAT,
    MANIFEST,
    DamagedArtefact,
    FileRecord,
    Manifest,
    damaged,
    is_as_written,
    read_manifest,
)


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
        """Remove the attempts at steps that are finished: of a killed process, whose step another one did."""
        with suppress(OSError):
            for key in {step_of(folder) for folder in self.partial.iterdir()}:
                if self.holds(key):
                    self._tidy_attempts(key)

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

    @property
    def partial(self) -> Path:
        """The folder of attempts at steps that are not finished."""
        return self.root / "partial"

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
            self._checked[key] = self.verified(key)
        return self._checked[key]

    def peek(self, key: str) -> Manifest | None:
        """Return the manifest of a finished step without reading its files; None if it is not done.

        Raises:
            DamagedArtefact: if the manifest itself has changed.
        """
        known = self._checked.get(key)
        return known or (self._read(self.path(key), key) if self.holds(key) else None)

    def _read(self, folder: Path, key: str) -> Manifest:
        manifest = read_manifest(folder / MANIFEST, key)
        if self.is_sound and not self.is_sound(manifest):
            raise damaged(folder / MANIFEST)
        return manifest

    def verified(self, key: str) -> Manifest:
        """Return the manifest of a result whose files are as they were written, read anew.

        Raises:
            DamagedArtefact: if one has changed, or there is no result.
        """
        return self._verified(self.path(key), key)

    def _verified(self, folder: Path, key: str) -> Manifest:
        manifest = self._read(folder, key)
        for name, expected in manifest.files.items():
            if not is_as_written(folder / name, expected):
                raise damaged(folder / name)
        return manifest

    def discard(self, key: str) -> None:
        """Forget a result, so that it is computed again."""
        self._checked.pop(key, None)
        throw_away(self.path(key), self.partial, key)

    def remove(self, key: str) -> bool:
        """Remove a result and attempts at it, unless a process has the step in hand; return whether it had not.

        Raises:
            UserError: if the store cannot be written.
        """
        if self.is_in_hand(key):
            return False
        with report_disk_errors(self.root):
            self.discard(key)
            for left in self.attempts(key):
                throw_away(left, self.partial, key)
        return True

    def discard_damaged(self, key: str) -> None:
        """Discard a result if its files are still other than what was written: another process may have mended it.

        Raises:
            UserError: if the store cannot be written.
        """
        with report_disk_errors(self.root), self._lease(key):
            try:
                self.find(key)
            except DamagedArtefact:
                self._discard_unsound(key)

    def _discard_unsound(self, key: str) -> None:
        """Discard what stands in the place of a result, unless somebody has mended it at this moment."""
        aside = new_place(own_folder(self.partial), key)
        with suppress(FileNotFoundError):
            self.path(key).rename(aside)
            if self._sound_at(aside, key):
                with suppress(OSError):  # there is another sound one already
                    aside.rename(self.path(key))
            remove(aside)

    def _sound_at(self, folder: Path, key: str) -> Manifest | None:
        """Return the manifest of a sound result that lies in a folder; None for whatever else."""
        with suppress(DamagedArtefact):
            return self._verified(folder, key) if (folder / MANIFEST).is_file() else None
        return None

    def working(self, key: str) -> Path:
        """Return the folder in which a step is computed, or was the last time."""
        return next(iter(self.attempts(key)), self.partial / key)

    def attempts(self, key: str) -> list[Path]:
        """Return the folders of attempts at a step that were not finished, the latest first."""
        return attempts_at(self.partial, key)

    def in_hand(self) -> list[str]:
        """Return the steps that processes compute, as far as this machine can tell."""
        return [path.stem for path in sorted((self.root / "locks").glob("*.lease")) if is_held(path)]

    def is_in_hand(self, key: str) -> bool:
        """Whether a process computes a step, as far as this machine can tell."""
        return is_held(self._marker(key))

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
        is_robbed = False
        with report_disk_errors(self.root):
            while True:
                with self._lease(key, waits):
                    manifest = self.find(key) or self._attempt(key, inputs, write, takes_up=not is_robbed)
                if manifest:
                    self._checked[key] = manifest
                    return manifest
                is_robbed = True  # and robs nobody of this step: those whose leases fail would do so for ever

    def _attempt(
        self,
        key: str,
        inputs: Mapping[str, object],
        write: Callable[[Path, Path], Mapping[str, object]],
        *,
        takes_up: bool,
    ) -> Manifest | None:
        """Return the manifest of the result that is published in the end; None if another process took this attempt."""
        try:
            attempt = begin(self.partial, key, takes_up=takes_up)
        except Taken:
            return None
        try:
            manifest = self._publish(key, attempt, self._compute(key, attempt, inputs, write))
        except Exception:
            if not (attempt.is_taken() and self.root.is_dir()):
                raise
            manifest = None
        remove(attempt.folder)
        if manifest:
            self._tidy_attempts(key)
        return manifest

    def _tidy_attempts(self, key: str) -> None:
        """Throw away what is left of attempts at a finished step; whoever is at one notices, and finds the result."""
        with suppress(OSError):  # of another user
            for left in self.attempts(key):
                throw_away(left, self.partial, key)

    def _compute(
        self,
        key: str,
        attempt: Attempt,
        inputs: Mapping[str, object],
        write: Callable[[Path, Path], Mapping[str, object]],
    ) -> Manifest:
        """Let a step write its result, and put it on the disk with its manifest."""
        start, result = time.perf_counter(), attempt.result
        facts = write(result, attempt.scratch)
        elapsed = attempt.spent + time.perf_counter() - start

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
        return manifest

    def _publish(self, key: str, attempt: Attempt, manifest: Manifest) -> Manifest:
        """Give a result its name, unless a sound one has it; return the manifest of that which has it then."""
        while True:
            if attempt.is_taken():
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(attempt.folder))
            try:
                attempt.result.rename(self.path(key))
            except OSError:
                if not os.path.lexists(self.path(key)):
                    raise
                if first := self._sound_at(self.path(key), key):
                    return first
                self._discard_unsound(key)
            else:
                flush(self.root)
                return manifest

    def _marker(self, key: str) -> Path:
        return self.root / "locks" / f"{key}.lease"

    def _lease(self, key: str, waits: Callable[[], None] = lambda: None) -> AbstractContextManager[None]:
        own_folder(self.root / "locks")
        return leased(self._marker(key), waits)

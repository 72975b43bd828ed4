"""A store whose results other machines share: a local one, and its mirror in an object store.

Files go up under their digests, each step's manifest last and only where there is none: whoever is second takes the
result of the first. What comes down is verified before it takes its place. This is the one file that imports obstore.
"""

import json
import time
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from genloop.attempts import new_place
from genloop.disk_errors import report_disk_errors
from genloop.errors import UserError
from genloop.files import flush, own_folder, remove
from genloop.store import FORMAT, MANIFEST, DamagedArtefact, Manifest, Store

Answer = TypeVar("Answer")
SCHEMES = ("s3://", "gs://", "az://", "file://")
ATTEMPTS = 4  # at an answer that breaks off
FIRST_WAIT_SECONDS = 0.1
LISTED_SECONDS = 20.0  # for which what is listed counts as all that there is; a step looks again before it computes
LONGEST_REASON = 300  # characters that are told of what the library says
RETRY = {"max_retries": 6}  # of requests that may do better a second later, each after twice the time


def is_url(text: str) -> bool:
    """Whether a text names an object store."""
    return text.startswith(SCHEMES)


class MirroredStore(Store):
    """The results under one folder, shared through an object store.

    Attributes:
        url: of the object store, such as `s3://bucket/prefix`; how to get in is told by the usual variables.
    """

    is_folder: ClassVar[bool] = False

    def __init__(self, root: Path, url: str, is_sound: Callable[[Manifest], bool] | None = None) -> None:
        super().__init__(root, is_sound)
        self.url = url
        self._remote: Any = None
        self._listed: set[str] = set()
        self._listed_at = -LISTED_SECONDS

    def open(self) -> Self:
        """Make the folder if it is new, and check that the object store is there and may be written.

        Raises:
            UserError: if not, or if a newer version wrote it.
        """
        super().open()
        with self._speaking() as remote:
            remote.put("probe", b"")
            if not self._put_new("format.json", json.dumps({"format": FORMAT})):
                found = json.loads(_content(remote, "format.json"))
                if found != {"format": FORMAT}:
                    raise UserError(f"{self.url} has store format {found}, this version reads {FORMAT}.")
        return self

    def find(self, key: str) -> Manifest | None:
        """Return the manifest of a finished step, here or there; what is here alone goes up, what is there comes down.

        Raises:
            DamagedArtefact: if a file here has changed since it was written.
            UserError: if the object store cannot be reached.
        """
        is_there = key in self._keys()
        if manifest := super().find(key):
            return manifest if is_there else self._offer(manifest)
        return self._fetch(key) if is_there else None

    def create(
        self,
        key: str,
        inputs: Any,
        write: Callable[[Path, Path], Mapping[str, Any]],
        waits: Callable[[], None] = lambda: None,
    ) -> Manifest:
        manifest = self.find(key) or self._fetch(key) or super().create(key, inputs, write, waits)
        return manifest if key in self._listed else self._offer(manifest)

    def _keys(self) -> set[str]:
        """Return the keys of the steps that are there, as of some seconds ago."""
        if time.monotonic() - self._listed_at >= LISTED_SECONDS:
            with self._speaking() as remote:
                found = _persistently(lambda: [each["path"] for page in remote.list("steps") for each in page])
            self._listed |= {path.rpartition("/")[2].removesuffix(".json") for path in found}
            self._listed_at = time.monotonic()
        return self._listed

    def _offer(self, manifest: Manifest) -> Manifest:
        """Send a result up; return it, or that of whoever was first."""
        with self._speaking() as remote:
            for name, described in manifest.files.items():
                remote.put(f"files/{described['sha256']}", self.path(manifest.key) / name)
            name, text = f"steps/{manifest.key}.json", (self.path(manifest.key) / MANIFEST).read_text("utf-8")
            is_ours = self._put_new(name, text) or _content(remote, name) == text.encode()
        self._listed.add(manifest.key)
        if is_ours:
            return manifest
        self.discard(manifest.key)
        found = self._fetch(manifest.key)
        assert found
        return found

    def _fetch(self, key: str) -> Manifest | None:
        """Bring a result down; None if there is none."""
        with self._speaking() as remote, report_disk_errors(self.root):
            try:
                text = _content(remote, f"steps/{key}.json")
            except FileNotFoundError:
                self._listed.discard(key)
                return None
            try:
                _persistently(lambda: self._take_in(remote, key, text), also=(DamagedArtefact, FileNotFoundError))
            except (DamagedArtefact, FileNotFoundError) as error:
                raise UserError(
                    f"{self.url}/steps/{key}.json and its files are not what was sent there. Remove it, and run the "
                    "same command again."
                ) from error
        self._listed.add(key)
        return super().find(key)

    def _take_in(self, remote: Any, key: str, text: bytes) -> None:
        """Write a result beside its place, and put it there if it is whole.

        Raises:
            DamagedArtefact: if it is not.
            FileNotFoundError: if a file is missing.
        """
        working = new_place(own_folder(self.partial), key)
        own_folder(working)
        try:
            (working / MANIFEST).write_bytes(text)
            for name, described in self._read(working, key).files.items():
                file = working / name
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("wb") as out:
                    for chunk in remote.get(f"files/{described['sha256']}").stream():
                        out.write(chunk)
                flush(file)
            self._verified(working, key)
            with suppress(OSError):  # another process of this machine was faster
                working.rename(self.path(key))
        finally:
            remove(working)

    def _put_new(self, name: str, text: str) -> bool:
        """Write an object unless there is one; return whether this did."""
        from obstore.exceptions import AlreadyExistsError

        try:
            self._opened().put(name, text.encode(), mode="create", use_multipart=False)
        except AlreadyExistsError:
            return False
        return True

    def _opened(self) -> Any:
        if self._remote is None:
            from obstore.store import from_url

            settings: dict[str, Any] = {"mkdir": True} if self.url.startswith("file://") else {"retry_config": RETRY}
            self._remote = from_url(self.url, **settings)
        return self._remote

    @contextmanager
    def _speaking(self) -> Generator[Any, None, None]:
        """Give the object store; what it says no to is one sentence, without what would let anybody in."""
        from obstore.exceptions import BaseError

        try:
            yield self._opened()
        except (BaseError, PermissionError, FileNotFoundError) as error:
            told = " ".join(str(error).partition("\n\nDebug source")[0].split())[:LONGEST_REASON]
            raise UserError(
                f"{self.url} cannot be used: {told}. Finished steps are kept: mend that and run the same command again."
            ) from error

    def __getstate__(self) -> dict[str, object]:
        """Leave behind the connection, too."""
        return {**super().__getstate__(), "_remote": None, "_listed": set(), "_listed_at": -LISTED_SECONDS}


def _content(remote: Any, name: str) -> bytes:
    return _persistently(lambda: bytes(remote.get(name).bytes()))


def _persistently(act: Callable[[], Answer], *, also: tuple[type[Exception], ...] = ()) -> Answer:
    """Return what an act does; where an answer breaks off, it is asked for again, after twice the time."""
    from obstore.exceptions import GenericError

    for attempt in range(1, ATTEMPTS):
        with suppress(GenericError, *also):
            return act()
        time.sleep(FIRST_WAIT_SECONDS * 2**attempt)
    return act()

"""Who has a step in hand: a lease that its holder renews while it runs, and that others take when it no longer does.

A lease saves work, and nothing else depends on it: where a file system keeps it badly, or its holder was suspended, two
processes compute one step, and the result that is published first stays.
"""

import os
import socket
import stat
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager, suppress
from pathlib import Path

from filelock import LeaseSettingsMismatch, OwnerRecord, SoftFileLease, Timeout

from genloop.files import remove
from genloop.processes import is_running

LEASE_SECONDS = 60.0  # without renewal, which is three times as frequent, after which a lease may be taken
LOST_SECONDS = 5 * LEASE_SECONDS  # the same by the clocks of two machines, which may differ
PATIENT_SECONDS = 1.0  # of waiting before anything is said of it


@contextmanager
def leased(marker: Path, waits: Callable[[], None] = lambda: None) -> Generator[None, None, None]:
    """Hold the lease that a file marks; `waits` is called once if another process holds it and takes its time.

    The lease of a process that has died on this machine is free at once, that of one on another machine, or of one
    that was suspended, after `LEASE_SECONDS`.
    """
    _make_way(marker)
    held = SoftFileLease(marker, lease_duration=LEASE_SECONDS)
    watched, is_told = _Watched(held), False
    while not _acquired(held):
        if watched.is_abandoned():
            remove(marker)
        elif not is_told:
            waits()
            is_told = True
    try:
        yield
    finally:
        held.release()


def is_held(marker: Path) -> bool:
    """Whether a process holds the lease that a file marks, as far as this machine can tell."""
    try:
        renewed = marker.lstat().st_mtime
    except FileNotFoundError:
        return False
    return time.time() - renewed < LOST_SECONDS and not _is_dead(SoftFileLease(marker).owner, renewed)


def _make_way(marker: Path) -> None:
    """Remove what is no file, such as a link that somebody else has laid."""
    with suppress(FileNotFoundError):
        if not stat.S_ISREG(marker.lstat().st_mode):
            remove(marker)


def _acquired(held: SoftFileLease) -> bool:
    """Whether a lease was free, or became so in a moment."""
    try:
        held.acquire(timeout=PATIENT_SECONDS)
    except Timeout:
        return False
    except (LeaseSettingsMismatch, PermissionError):  # of another version, or of another user, who alone may renew it
        if not os.path.lexists(held.lock_file):
            raise
        time.sleep(PATIENT_SECONDS)
        return False
    return True


class _Watched:
    """A lease of somebody else.

    The library takes leases that are free, but not where two names cannot be exchanged, as on NFS, nor one whose holder
    died before it wrote down who it was: these we remove.
    """

    def __init__(self, lease: SoftFileLease) -> None:
        self._lease = lease
        self._seen: tuple[int, int] | None = None
        self._since = time.monotonic()

    def is_abandoned(self) -> bool:
        """Whether it was not renewed for long by our own clock, or its holder has died on this machine."""
        owner = self._lease.owner  # read first: network file systems ask for the latest time of what is opened
        try:
            found = os.lstat(self._lease.lock_file)
        except FileNotFoundError:
            return False
        if (found.st_ino, found.st_mtime_ns) != self._seen:
            self._seen, self._since = (found.st_ino, found.st_mtime_ns), time.monotonic()
        return time.monotonic() - self._since >= LEASE_SECONDS or _is_dead(owner, found.st_mtime)


def _is_dead(owner: OwnerRecord | None, renewed: float) -> bool:
    """Whether the holder of a lease ran on this machine, and does no longer."""
    return owner is not None and owner.hostname == socket.gethostname() and not is_running(owner.pid, renewed)

"""How far a step is, for other processes to see: a small file in the step's working folder, which vanishes with it.

It is written now and then, never waited for, and enters no result and no key. A process that dies leaves its file
behind, so whoever reads one asks whether that process is still there.
"""

import json
import math
import os
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil

from genloop.files import replacing
from genloop.processes import is_running
from genloop.types import Progress

PROGRESS_FILE = "progress.json"
EVERY_SECONDS = 1.0  # at most one is written in this time
LOST_SECONDS = 300.0  # without a word after which a process on another machine counts as gone


@dataclass(frozen=True)
class StepProgress:
    """What a process says of the step that it computes.

    Attributes:
        host: the machine that it runs on.
        process: its number there.
        began: when it took up the step, in seconds since 1970.
        updated: when it said this.
        done: examples finished, those before an interruption included.
        total: examples in all; 0 while that is not known.
        rate: examples per second since it took up the step; None before there are any.
        loss: latest training loss, where there is one.
    """

    host: str
    process: int
    began: float
    updated: float
    done: int = 0
    total: int = 0
    rate: float | None = None
    loss: float | None = None

    @property
    def seconds_left(self) -> float | None:
        """The time left at this rate, from now on; None where the step does not tell."""
        return max(0.0, (self.total - self.done) / self.rate - (time.time() - self.updated)) if self.rate else None

    def is_alive(self) -> bool:
        """Whether the process is still there, and not another one of the same number."""
        if self.host != socket.gethostname():
            return time.time() - self.updated < LOST_SECONDS
        return is_running(self.process, self.updated)

    def is_suspended(self) -> bool:
        """Whether the process is there but has been stopped, as far as this machine can tell."""
        try:
            return self.is_alive() and self.host == socket.gethostname() and _is_stopped(self.process)
        except psutil.Error:
            return False


def _is_stopped(process: int) -> bool:
    return psutil.Process(process).status() == psutil.STATUS_STOPPED


class ProgressFile:
    """Writes progress to a file, and passes it on."""

    def __init__(self, path: Path, pass_on: Callable[[Progress], None]) -> None:
        self._path = path
        self._pass_on = pass_on
        self._began = self._written = time.time()
        self._first: tuple[int, float] | None = None
        self._write(StepProgress(socket.gethostname(), os.getpid(), self._began, self._began))

    def __call__(self, progress: Progress) -> None:
        self._pass_on(progress)
        now = time.time()
        self._first = self._first or (progress.done, now)
        if not 0 <= now - self._written < EVERY_SECONDS:  # clocks may be set back
            self._written = now
            self._write(self._said(progress, now))

    def _said(self, progress: Progress, now: float) -> StepProgress:
        assert self._first
        first, since = self._first
        rate = (progress.done - first) / (now - since) if now > since and progress.done > first else None
        loss = progress.loss if progress.loss is not None and math.isfinite(progress.loss) else None
        return StepProgress(
            socket.gethostname(), os.getpid(), self._began, now, progress.done, progress.total, rate, loss
        )

    def _write(self, said: StepProgress) -> None:
        """Write the file whole, not waiting for the disk; a disk that cannot be written is told by the step itself."""
        with suppress(OSError), replacing(self._path) as working:
            working.write_text(json.dumps(asdict(said)), "utf-8")


def read_progress(path: Path) -> StepProgress | None:
    """Return what a process says; None where it says nothing, or nothing that can be read."""
    try:
        written = json.loads(path.read_text("utf-8"))
        said = StepProgress(**written)
        numbers = (said.process, said.began, said.updated, said.done, said.total, said.rate or 0, said.loss or 0)
        is_sound = all(math.isfinite(number) for number in numbers)
        is_named = isinstance(written["host"], str) and isinstance(written["process"], int)
    except (OSError, ValueError, TypeError, OverflowError):
        return None
    return said if is_sound and is_named and 0 < said.process < 1 << 31 else None

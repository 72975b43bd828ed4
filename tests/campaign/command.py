"""One command in a process of its own: forked from one that has imported everything, limited, and judged."""

import contextlib
import os
import re
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

CODES = (0, 1, 2, 130)  # done, a failed gate, bad input, interrupted
MOST_BYTES = 3 << 30  # of memory that a command may ask for
MOST_CHARACTERS = 20_000  # of what a command says of an error
SECONDS = 180.0  # within which every command ends, on a busy machine, too
CRIES = ("Traceback (most recent call last)", "panicked at", "Fatal Python error", "Exception ignored in")


@dataclass(frozen=True)
class Done:
    """What became of a command.

    Attributes:
        code: its exit code; minus the number of the signal that ended it.
        out: what it printed.
        err: what it said.
        seconds: that it took.
        peak_bytes: of its memory.
        is_late: whether it had to be killed.
    """

    code: int
    out: str
    err: str
    seconds: float
    peak_bytes: int
    is_late: bool


@dataclass
class Child:
    """A process that is running."""

    process: int
    place: Path
    began: float

    def signal(self, number: int) -> None:
        os.kill(self.process, number)

    def wait(self, seconds: float = SECONDS) -> Done:
        """Wait until it ends; one that is late is killed."""
        is_late = False
        while not (ended := self._ended()):
            is_late = is_late or time.monotonic() - self.began > seconds
            if is_late:
                os.killpg(self.process, signal.SIGKILL)
            time.sleep(0.003)
        code, peak = ended
        out, err = (_printed(self.place / name) for name in ("stdout", "stderr"))
        return Done(code, out, err, time.monotonic() - self.began, peak, is_late)

    def _ended(self) -> tuple[int, int] | None:
        process, status, used = os.wait4(self.process, os.WNOHANG)
        return (os.waitstatus_to_exitcode(status), used.ru_maxrss * 1024) if process else None


def start(action: Callable[[], None], place: Path, work: Path | None = None) -> Child:
    """Start an action in a process of its own, in `work` or `place/work`; what it says goes to files in `place`."""
    place.mkdir(parents=True, exist_ok=True)
    work = work or place / "work"
    work.mkdir(parents=True, exist_ok=True)
    sys.stdout.flush()
    began, process = time.monotonic(), os.fork()
    if process == 0:
        _become(action, place, work)
    return Child(process, place, began)


def command(*arguments: object) -> Callable[[], None]:
    """Return what runs a command line of genloop in this process."""

    def act() -> None:
        from genloop.cli import main

        sys.argv = ["genloop", *map(str, arguments)]
        main()

    return act


def call(place: Path, *arguments: object, seconds: float = SECONDS) -> Done:
    """Run a command line of genloop to its end."""
    return start(command(*arguments), place).wait(seconds)


def complaints(done: Done, codes: Sequence[int] = CODES) -> list[str]:
    """Return what is wrong with how a command ended; nothing if it held."""
    said = done.err + done.out
    found = [f"said {cry!r}: {_last_line(done.err)}{_place(said)}" for cry in CRIES if cry in said]
    if done.is_late:
        found.append(f"did not end within {done.seconds:.0f} s")
    elif done.code not in codes:
        found.append(f"exit code {done.code}: {_last_line(done.err)}")
    if len(done.err) > MOST_CHARACTERS:
        found.append(f"said {len(done.err):,} characters")
    if done.peak_bytes > MOST_BYTES:
        found.append(f"took {done.peak_bytes >> 20:,} MB of memory")
    if done.code == 2 and not done.err.strip():
        found.append("exit code 2 without a word")
    return found


def _place(said: str) -> str:
    """Return where in genloop a traceback ends."""
    places = re.findall(r'genloop/([\w/]+\.py)", line (\d+)', said)
    return f" ({places[-1][0]}:{places[-1][1]})" if places else ""


def _last_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    return lines[-1][:300] if lines else "without a word"


def _become(action: Callable[[], None], place: Path, work: Path) -> NoReturn:
    """Turn the forked process into the command, and end with its exit code."""
    code = 1
    try:
        os.setsid()
        os.chdir(work)
        for stream, name in ((1, "stdout"), (2, "stderr")):
            os.dup2(os.open(place / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o666), stream)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        resource.setrlimit(resource.RLIMIT_DATA, (MOST_BYTES, MOST_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        code = _exit_code(action)
    finally:
        os._exit(code)


def _exit_code(action: Callable[[], None]) -> int:
    try:
        action()
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else int(ending.code is not None)
    except BaseException:
        traceback.print_exc()
        code = 1
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):
            stream.flush()
    return code


def _printed(path: Path) -> str:
    """Return what a command printed; a signal may have ended it before it had a file to print to."""
    return path.read_text("utf-8", "replace") if path.exists() else ""

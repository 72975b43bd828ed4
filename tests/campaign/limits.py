"""Limits of a process: size of files, open files, memory, seconds of a processor, stack; and folders that vanish."""

import resource
import shutil
import signal
import threading
import time
from functools import partial
from pathlib import Path

from command import command, complaints, start
from kind import Case, Kind
from runs import differences, start_run

LIMITS = ("size", "files", "memory", "processor", "stack", "vanish")
CODES = (0, 2, -signal.SIGXCPU, -signal.SIGKILL)


def attempt(case: Case) -> list[str]:
    family, which = case.family(), LIMITS[case.number % len(LIMITS)]
    experiment = case.base.experiment(family)
    amount = case.random.random()
    done = start(partial(_limited, which, amount, case, command("run", experiment, "--out", "run")), case.place).wait()
    found = [f"{which} {amount:.3f}: {told}" for told in complaints(done, CODES)]
    again = start_run(experiment, case.run_dir, case.place).wait()
    return found + complaints(again, [0]) + differences(case.run_dir, case.base.expected(family))


def _limited(which: str, amount: float, case: Case, act: object) -> None:
    seconds = case.base.seconds(case.family())
    if which == "vanish":
        threading.Thread(target=_remove_later, args=(case.run_dir, amount * seconds), daemon=True).start()
    elif which == "processor":
        soft = int(resource.getrusage(resource.RUSAGE_SELF).ru_utime + amount * seconds) + 1
        resource.setrlimit(resource.RLIMIT_CPU, (soft, soft + 1))
    else:
        name, least, most = {
            "size": (resource.RLIMIT_FSIZE, 0, 200_000),
            "files": (resource.RLIMIT_NOFILE, 8, 40),
            "memory": (resource.RLIMIT_DATA, _data_bytes(), _data_bytes() + (256 << 20)),
            "stack": (resource.RLIMIT_STACK, 256 << 10, 8 << 20),
        }[which]
        limit = int(least + amount**2 * (most - least))
        resource.setrlimit(name, (limit, limit))
    act()  # type: ignore[operator]


def _data_bytes() -> int:
    """Return the memory that counts against the limit."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmData"))


def _remove_later(folder: Path, seconds: float) -> None:
    time.sleep(seconds)
    shutil.rmtree(folder, ignore_errors=True)


KIND = Kind(
    "limit", "size of files, open files, memory, processor time, stack; a folder that vanishes", 1.5, 6, attempt
)

"""Faults of the system at a chosen operation on files: `faults.c`, preloaded, counts them and lets one fail."""

import ctypes
import os
import sys
from pathlib import Path
from shutil import which
from subprocess import run

COMPILER = "cc"
NEVER = 1 << 40
DIES = 0  # instead of the number of an error


def preload(folder: Path) -> None:
    """Start this program again with `faults.c` compiled and preloaded, where there is a compiler."""
    if os.environ.get("LD_PRELOAD") or not which(COMPILER):
        return
    library = folder / "faults.so"
    source = Path(__file__).with_name("faults.c")
    run([COMPILER, "-shared", "-fPIC", "-O1", "-D_GNU_SOURCE", "-o", str(library), str(source), "-ldl"], check=True)
    os.execve(sys.executable, [sys.executable, *sys.argv], os.environ | {"LD_PRELOAD": str(library)})


def arm(folder: Path, operation: int, error: int = DIES, *, stays: bool = False) -> None:
    """Let one operation on files under a folder end this process or fail, and all after it if it `stays`."""
    ctypes.CDLL(None).campaign_arm(os.fsencode(folder), ctypes.c_long(operation), error, int(stays))


def counted() -> int:
    """Return how many operations there were since it was armed."""
    return int(ctypes.CDLL(None).campaign_counted())

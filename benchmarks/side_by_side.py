"""Several one-thread workers against one step on all threads: whole runs through the command line, in turn.

python benchmarks/side_by_side.py [--rounds 2] [demo|linear|table2 ...]
"""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

CODE = "from genloop.cli import main; main()"
WORKS = {
    "demo": ("run", "demo", "-n", "2", "--seeds", "0,1"),
    "linear": ("run", "linear", "--seeds", "0,1,2,3,4,5,6,7"),
    "table2": (
        "reproduce", "table2", "--scale", "laptop", "--seeds", "0",
    ),
}  # fmt: skip


def seconds(arguments: tuple[str, ...], jobs: int, threads: int) -> float:
    """Return how long a command takes from nothing."""
    with TemporaryDirectory() as folder:
        options = ("--jobs", str(jobs), "--threads", str(threads))
        began = time.perf_counter()
        done = subprocess.run([sys.executable, "-c", CODE, *arguments, *options], cwd=Path(folder), capture_output=True)
        assert done.returncode in (0, 1), done.stderr.decode()
        return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("works", nargs="*", default=["demo", "linear"], choices=sorted(WORKS))
    parser.add_argument("--rounds", type=int, default=2)
    asked = parser.parse_args()
    num = os.cpu_count() or 1
    for name in asked.works:
        turns = [(seconds(WORKS[name], 1, num), seconds(WORKS[name], num, 1)) for _ in range(asked.rounds)]
        alone, beside = (median(column) for column in zip(*turns, strict=True))
        told = f"1 job of {num} threads {alone:7.1f} s   {num} jobs of 1 thread {beside:7.1f} s"
        print(f"{name:10} {told}   {alone / beside:.2f}x")


if __name__ == "__main__":
    main()

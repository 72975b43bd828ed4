"""A full disk: a small file system in memory where we may mount one, else a limit on the size of files."""

import os
import resource
import subprocess
from pathlib import Path

from command import call, command, complaints, start
from kind import Case, Kind
from runs import differences


def may_mount() -> bool:
    """Whether file systems can be mounted here."""
    place = Path("/mnt")
    is_mounted = os.geteuid() == 0 and _mount(place, "64k")
    if is_mounted:
        subprocess.run(["umount", str(place)], check=True)
    return is_mounted


def attempt(case: Case) -> list[str]:
    family = case.family()
    disk = case.place / "disk"
    disk.mkdir()
    size = int(case.base.size(family) * case.random.random() ** 2 * 1.3) + 8192
    line = ("run", case.base.experiment(family), "--out", disk / "run")
    if not _mount(disk, str(size)):
        return _limited(case, line, disk, size)
    try:
        done = call(case.place, *line)
        found = _told(done) and [f"{size} bytes: {each}" for each in _told(done)]
        _mount(disk, "remount")
        again = call(case.place, *line)
        return found + complaints(again, [0]) + differences(disk / "run", case.base.expected(family)) + _litter(disk)
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def _told(done: object) -> list[str]:
    found = complaints(done, [0, 2])  # type: ignore[arg-type]
    if done.code == 2 and "full" not in done.err:  # type: ignore[attr-defined]
        found.append(f"other words: {done.err[-200:]}")  # type: ignore[attr-defined]
    return found


def _mount(disk: Path, size: str) -> bool:
    options = "remount,size=256m" if size == "remount" else f"size={size}"
    tried = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(disk)], capture_output=True)
    return tried.returncode == 0


def _litter(disk: Path) -> list[str]:
    return [f"left {path.name}" for path in (disk / "run").glob(".*")]


def _limited(case: Case, line: tuple[object, ...], disk: Path, size: int) -> list[str]:
    def act() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (size // 8, size // 8))
        command(*line)()

    found = complaints(start(act, case.place).wait(), [0, 2])
    again = call(case.place, *line)
    return found + complaints(again, [0]) + differences(disk / "run", case.base.expected(case.family()))


KIND = Kind("full disk", "file systems of random sizes, too small for the run; then room", 1.5, 4, attempt)

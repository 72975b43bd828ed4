"""Environments, each in an interpreter of its own: streams, locales, widths, homes, places that cannot be written."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from command import CRIES, SECONDS
from kind import Case, Kind

STREAMS = (
    "",
    ">&-",
    "2>&-",
    "<&-",
    ">&- 2>&-",
    "<&- >&- 2>&-",
    ">/dev/full",
    "2>/dev/full",
    "| head -c 0",
    "| head -c 40",
    "</dev/full",
)
SETTINGS: tuple[dict[str, str], ...] = (
    {}, {"LC_ALL": "C"}, {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}, {"LC_ALL": "nosuch"},
    {"COLUMNS": "1"},
    {"COLUMNS": "0"}, {"COLUMNS": "x"}, {"COLUMNS": "100000"}, {"TERM": "dumb"}, {"TERM": "nosuch"},
    {"NO_COLOR": "1"}, {"FORCE_COLOR": "1"},
    {"PYTHONIOENCODING": "ascii"}, {"PYTHONIOENCODING": "cp1252"}, {"PYTHONIOENCODING": "utf-16"},
    {"HOME": "/nowhere"}, {"HOME": ""},
    {"TMPDIR": "/nowhere"}, {"MPLCONFIGDIR": "/dev/null"}, {"XDG_CACHE_HOME": "/dev/null"}, {"OMP_NUM_THREADS": "x"},
    {"PYTHONHASHSEED": "7"},
    {"PYTHONOPTIMIZE": "2"}, {"PYTHONDONTWRITEBYTECODE": "1"}, {"NUMBA_CACHE_DIR": "/dev/null"}, {"TZ": "nosuch"},
    {"MPLBACKEND": "nosuch"},
    {"PYTHONWARNINGS": "error"}, {"LINES": "0"}, {"HF_HOME": "/dev/null"}, {"PYTHONUNBUFFERED": "1"},
    {"PYTHONDEVMODE": "0"},
)  # fmt: skip
LINES = (
    "show run", "show run --json", "check run --max-increase 9", "watch run --once", "list", "list --json",
    "predict -p replace", "--help",
    "report run", "run {experiment} --out run", "plan {experiment} --out run", "show nosuch", "forecast run",
    "cite run", "--version",
)  # fmt: skip


def attempt(case: Case) -> list[str]:
    case.base.copy("linear", case.run_dir)
    shutil.copy(case.base.experiment("linear"), case.place / "work" / "é名.yaml")
    settings, stream, line = (
        case.one_of(SETTINGS),
        case.one_of(STREAMS),
        case.one_of(LINES).format(experiment="é名.yaml"),
    )
    is_read_only = case.random.random() < 0.25 and _make_read_only(case.place / "work")
    genloop = f"'{sys.executable}' -c 'from genloop.cli import main; main()' {line} {stream}"
    try:
        done = subprocess.run(
        ["bash", "-c", f"cd work; {genloop}; exit ${{PIPESTATUS[0]}}"], cwd=case.place, capture_output=True,
        text=True, errors="replace",
        env={**os.environ, "HOME": str(case.place), **settings}, timeout=3 * SECONDS,
        )  # fmt: skip
    finally:
        if is_read_only:
            subprocess.run(["umount", "-l", str(case.place / "work")], check=True)
    said = done.stdout + done.stderr
    found = [f"said {cry!r}: {said.strip().splitlines()[-1][:200]}" for cry in CRIES if cry in said]
    if done.returncode not in (0, 1, 2, 141) or (done.returncode == 1 and "nosuch" not in line and not is_read_only):
        found.append(f"exit code {done.returncode}: {said[-200:]}")
    if "--json" in line and not stream and done.returncode == 0 and settings.get("PYTHONIOENCODING") != "utf-16":
        try:
            json.loads(done.stdout)
        except ValueError as problem:
            found.append(f"no JSON: {problem}")
    return [f"{settings} {'read-only ' * is_read_only}genloop {line} {stream}: {told}" for told in found]


def _make_read_only(folder: Path) -> bool:
    """Make a folder one that cannot be written, where we may mount; else leave it."""
    tried = subprocess.run(["mount", "--bind", str(folder), str(folder)], capture_output=True)
    if tried.returncode == 0:
        subprocess.run(["mount", "-o", "remount,bind,ro", str(folder)], check=True)
    return tried.returncode == 0


KIND = Kind(
    "environments", "streams closed, full or abandoned, locales, widths, homes, read-only places", 2.0, 8, attempt
)

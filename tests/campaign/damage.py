"""Damage to any file of a finished run: no reader shows another number; the same command repairs or refuses by name."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from command import call, complaints
from kind import Case, Kind
from refusals import READERS
from runs import differences, start_run


def _flip(path: Path, case: Case) -> None:
    content = bytearray(path.read_bytes() or b"\0")
    content[case.random.randrange(len(content))] ^= 1 << case.random.randrange(8)
    path.write_bytes(content)


def _truncate(path: Path, case: Case) -> None:
    os.truncate(path, case.random.randrange(path.stat().st_size + 1))


def _zero(path: Path, case: Case) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2] + bytes(len(content) - len(content) // 2))


def _swap(path: Path, case: Case) -> None:
    other = case.one_of(_files(case.run_dir))
    kept = other.read_bytes()
    other.write_bytes(path.read_bytes())
    path.write_bytes(kept)


def _folder(path: Path, case: Case) -> None:
    path.unlink()
    path.mkdir()


def _link(path: Path, case: Case) -> None:
    path.unlink()
    path.symlink_to(case.one_of(["/nowhere/at/all", "/etc/hostname", path.name, ".."]))


def _fifo(path: Path, case: Case) -> None:
    path.unlink()
    os.mkfifo(path)


DAMAGE: dict[str, Callable[[Path, Case], None]] = {
    "flip": _flip, "truncate": _truncate, "delete": lambda path, _: path.unlink(), "zero": _zero, "swap": _swap,
    "folder": _folder, "link": _link, "fifo": _fifo, "lose": lambda path, _: shutil.rmtree(path.parent),
}  # fmt: skip


def attempt(case: Case) -> list[str]:
    family, how = case.family(), case.one_of(list(DAMAGE))
    case.base.copy(family, case.run_dir)
    path = case.one_of([path for path in _files(case.run_dir) if how != "lose" or path.parent != case.run_dir])
    DAMAGE[how](path, case)
    told = f"{how} {path.relative_to(case.run_dir)}"
    found = []
    for line in (("show", "run", "--json"), case.one_of(READERS[2:]), case.one_of(READERS[2:])):
        done = call(case.place, *line)
        found += [f"{line[0]}: {each}" for each in complaints(done)]
        if "--json" in line and done.code == 0:
            found += _other_numbers(done.out, case.base.expected(family)["shown"])
    again = start_run(case.base.experiment(family), case.run_dir, case.place).wait()
    ends = complaints(again, [0, 2])
    if again.code == 0:
        ends += differences(case.run_dir, case.base.expected(family))
    return [f"{told}: {each}" for each in found + ends]


def _other_numbers(printed: str, shown: list[Any]) -> list[str]:
    try:
        document = json.loads(printed)
    except ValueError as problem:
        return [f"no JSON: {problem}"]
    strange = [row for row in document["rows"] if row not in shown]
    is_less = len(document["rows"]) < len(shown) and document["run"]["complete"]
    return ["a number that was not measured"] * bool(strange) + ["fewer numbers, called complete"] * is_less


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix != ".lock")


KIND = Kind(
    "damage", "flip, truncate, delete, zero, swap, folder, link, pipe in the place of any file", 2.5, 10, attempt
)

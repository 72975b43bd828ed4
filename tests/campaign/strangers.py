"""Runs and stores of strangers: links and paths in them lead nowhere; nothing outside is read, changed or removed."""

import json
import os
from collections.abc import Callable
from pathlib import Path

from command import call, complaints, start
from kind import Case, Kind
from refusals import READERS

from genloop.identity import digest

SECRET = "a secret that no command may pass on"


def attempt(case: Case) -> list[str]:
    family = case.family()
    case.base.copy(family, case.run_dir)
    outside = case.place / "outside"
    (outside / "folder").mkdir(parents=True)
    (outside / "file").write_text(SECRET)
    (outside / "folder" / "file").write_text(SECRET)
    trick = case.one_of(TRICKS)
    trick(case, outside)
    before = _state(outside)
    found = []
    lines = [("run", str(case.base.experiment(family)), "--out", "run"), case.one_of(READERS), case.one_of(READERS)]
    lines.append(("export", "run", "-p", "replace", "-i", "1", "--model", "model"))
    for line in case.random.sample(lines, 3):
        done = call(case.place, *line)
        found += [f"{line[0]}: {told}" for told in complaints(done)]
        if SECRET in done.out or SECRET in done.err or _leaks(case.place / "work"):
            found.append(f"{line[0]}: passed on what lies outside")
        if _state(outside) != before:
            found.append(f"{line[0]}: CHANGED what lies outside")
    return [f"{trick.__name__}: {told}" for told in found]


def _state(folder: Path) -> list[tuple[str, bytes]]:
    return [(str(path), path.read_bytes() if path.is_file() else b"") for path in sorted(folder.rglob("*"))]


def _leaks(folder: Path) -> bool:
    made = [
        path for path in folder.rglob("*") if path.is_file() and not path.is_symlink() and path.stat().st_size < 1 << 20
    ]
    return any(SECRET.encode() in path.read_bytes() for path in made)


def _target(case: Case, outside: Path) -> Path:
    return case.one_of([outside / "file", outside / "folder", outside / "new", outside / "folder" / "new"])


def _outputs(case: Case, outside: Path) -> None:
    for path in [case.run_dir / "report.html", *case.run_dir.glob("*.png"), case.run_dir / "samples.txt"]:
        path.unlink(missing_ok=True)
        path.symlink_to(_target(case, outside))


def _working_names(case: Case, outside: Path) -> None:
    latest = start(lambda: None, case.place).process
    for name in ("report.html", "run.json", "samples.txt"):
        for process in range(latest, latest + 300):
            (case.run_dir / f".{name}.{process}").symlink_to(_target(case, outside))
    (case.run_dir / "report.html").unlink()


def _partial(case: Case, outside: Path) -> None:
    partial, key = case.run_dir / "store" / "partial", _lose_a_step(case)
    target = _target(case, outside)
    how = case.random.randrange(4)
    if how == 0:
        partial.rmdir()
        partial.symlink_to(outside / "folder")
    elif how == 1:
        (partial / key).symlink_to(target)
    else:
        (partial / key).mkdir()
        (partial / key / case.one_of(["result", "scratch", "progress.json", "seconds_spent"])).symlink_to(target)


def _lose_a_step(case: Case) -> str:
    steps = sorted(path.parent for path in (case.run_dir / "store").glob("*/manifest.json"))
    step = case.one_of(steps)
    (step / "manifest.json").unlink()
    return step.name


def _steps(case: Case, outside: Path) -> None:
    store = case.run_dir / "store"
    step = case.one_of(sorted(path.parent for path in store.glob("*/manifest.json")))
    for path in [path for path in step.iterdir() if path.name != "manifest.json"]:
        path.unlink()
        path.symlink_to(outside / "file")
    (step / "beside.txt").symlink_to(outside / "file")


def _whole_step(case: Case, outside: Path) -> None:
    store, key = case.run_dir / "store", _lose_a_step(case)
    (store / key).rename(case.place / "work" / "elsewhere")
    (store / key).symlink_to(outside / "folder")


def _locks(case: Case, outside: Path) -> None:
    locks, key = case.run_dir / "store" / "locks", _lose_a_step(case)
    if case.random.random() < 0.3:
        os.mkfifo(locks / f"{key}.lease")
    else:
        (locks / f"{key}.lease").symlink_to(_target(case, outside))


def _listed(case: Case, outside: Path) -> None:
    """A manifest that lists a file outside of its folder, signed."""
    for path in (case.run_dir / "store").glob("*/manifest.json"):
        record = json.loads(path.read_text())
        known = next(iter(record["files"].values()), {"sha256": "0" * 64, "bytes": 1})
        record["files"][case.one_of(["../../../outside/file", str(outside / "file"), "a/../../../../outside/file"])] = (
            known
        )
        unsigned = {name: value for name, value in record.items() if name != "digest"}
        path.write_text(json.dumps({**unsigned, "digest": digest(unsigned)}))


def _store_dir(case: Case, outside: Path) -> None:
    path = case.run_dir / "run.json"
    record = json.loads(path.read_text())
    record["store_dir"] = case.one_of(
        ["../../outside", str(outside), "/", "loop", "a\0b", "/dev/stdin", "x" * 300, "store/../store"]
    )
    (case.run_dir / "loop").symlink_to("loop")
    unsigned = {name: value for name, value in record.items() if name != "digest"}
    path.write_text(json.dumps({**unsigned, "digest": digest(unsigned)}))


def _pipes(case: Case, outside: Path) -> None:
    path = case.one_of([case.run_dir / "run.json", *sorted((case.run_dir / "store").rglob("*.json"))])
    path.unlink()
    os.mkfifo(path)


TRICKS: tuple[Callable[[Case, Path], None], ...] = (
    _outputs, _working_names, _partial, _partial, _steps, _whole_step, _locks, _listed, _store_dir, _pipes,
)  # fmt: skip
KIND = Kind("strangers", "links, pipes and paths in runs and stores of others", 1.5, 10, attempt)

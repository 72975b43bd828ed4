"""Tiny runs of every family, undisturbed ones to compare with, and what a run says in numbers and digests."""

import json
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import faults
import yaml
from cases import CASES
from command import Child, call, start

from genloop.data.known import Zipf
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict, read, to_dict
from genloop.recipes.statistical import zipf
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Runtime

LONGEST = 600.0  # seconds of a run that nothing disturbs


def _zipf() -> Experiment:
    recipe = zipf()
    assert isinstance(recipe.source, Zipf)
    return replace(recipe, source=replace(recipe.source, num_replicates=3), num_iterations=3, num_samples=50)


FAMILIES: Mapping[str, Callable[[], Experiment]] = {
    "text": CASES["gpt2"],
    "images": CASES["vae"],
    "molecules": CASES["geodiff"],
    "linear": CASES["linear-regression"],
    "gaussian": CASES["gaussian"],
    "zipf": _zipf,
    "ngram": CASES["ngram"],
}


class Base:
    """The folder of what all cases share: experiment files, and an undisturbed run of every family.

    Attributes:
        folder: that it lies in.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def experiment(self, family: str) -> Path:
        return self.folder / f"{family}.yaml"

    def run(self, family: str) -> Path:
        return self.folder / "runs" / family

    def copy(self, family: str, to: Path) -> Path:
        """Copy the finished run of a family."""
        shutil.copytree(self.run(family), to, symlinks=True)
        return to

    def expected(self, family: str) -> Mapping[str, Any]:
        return _expected(self.run(family))

    def seconds(self, family: str) -> float:
        """Return how long a run takes that nothing disturbs."""
        return json.loads(self._note(family).read_text())["seconds"]

    def operations(self, family: str) -> int:
        """Return how many operations on files such a run needs."""
        return max(1, json.loads(self._note(family).read_text())["operations"])

    def size(self, family: str) -> int:
        """Return how many bytes it leaves."""
        return sum(path.stat().st_size for path in self.run(family).rglob("*") if path.is_file())

    def compute(self, family: str) -> None:
        """Write the experiment file of a family, run it to its end, draw its page, and note what that took."""
        if self._note(family).exists():
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        self.experiment(family).write_text(yaml.safe_dump(to_dict(FAMILIES[family]())), "utf-8")
        place = self.folder / "made" / family
        done = start(lambda: self._counted(family), place).wait(LONGEST)
        assert done.code == 0, done.err
        drawn = call(place, "run", self.experiment(family), "--out", self.run(family), seconds=LONGEST)
        assert drawn.code == 0, drawn.err
        self._note(family).write_text(json.dumps({"seconds": done.seconds, "operations": int(done.out)}))

    def _counted(self, family: str) -> None:
        if os.environ.get("LD_PRELOAD"):
            faults.arm(self.run(family), faults.NEVER)
        run_here(self.experiment(family), self.run(family))
        print(faults.counted() if os.environ.get("LD_PRELOAD") else 0)

    def _note(self, family: str) -> Path:
        return self.folder / f"{family}.json"


@cache
def _expected(directory: Path) -> Mapping[str, Any]:
    rows = [row.plain() for row in Run(directory).rows()]
    return {**results(directory), "shown": json.loads(json.dumps(rows))}


def results(directory: Path) -> Mapping[str, Any]:
    """Return what every finished step of a run recorded, without its time, and all its numbers."""
    manifests = {
        path.parent.name: json.loads(path.read_text()) for path in (directory / "store").glob("*/manifest.json")
    }
    steps = {key: (manifest["facts"], manifest["files"]) for key, manifest in manifests.items()}
    return {"steps": steps, "rows": [str(row) for row in Run(directory).rows()]}


def run_here(experiment: Path, directory: Path) -> None:
    """Run in this process, with a checkpoint as often as there can be one, so that there is something to lose."""
    runtime = Runtime(device="cpu", threads=1, checkpoint_seconds=0.02)
    try:
        run(from_dict(read(experiment)), directory, runtime=runtime)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


def start_run(experiment: Path, directory: Path, place: Path) -> Child:
    """Start the same in a process of its own."""
    return start(lambda: run_here(experiment, directory), place)


def differences(directory: Path, expected: Mapping[str, Any]) -> list[str]:
    """Return what of a run that should be finished is not as in the undisturbed one; nothing if all is."""
    try:
        found = results(directory)
    except Exception as problem:
        return [f"cannot be read: {type(problem).__name__}: {str(problem)[:200]}"]
    steps = [key for key in expected["steps"] if found["steps"].get(key) != expected["steps"][key]]
    told = [f"{', '.join(steps)[:200]} differ"] if steps else []
    return told + (["numbers differ"] if found["rows"] != expected["rows"] else [])


def leftovers(directory: Path) -> list[str]:
    """Return what a finished run has no use for."""
    partial = directory / "store" / "partial"
    return [f"left {path.relative_to(directory)}" for path in partial.iterdir()] if partial.is_dir() else []

"""Steps side by side in processes: the same numbers, each step once, and every failure a sentence."""

import os
import signal
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import psutil
import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Step
from genloop.steps.step import KeyedStep, Opened
from genloop.store import Manifest, Store
from genloop.types import Context, Runtime

SEEDS = experiment(seeds=(0, 1))


class Journal(Silence):
    def __init__(self) -> None:
        self.began: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def started(self, step: Step) -> None:
        self.began[step.key] += 1

    def finished(self, step: Step, manifest: Manifest) -> None:
        assert manifest.key == step.key
        self.ended[step.key] += 1


def _digests(found: Run) -> dict[str, Any]:
    keys = [key for item in found.record.iterations for key in item.steps]
    manifests = {key: found.manifest(key) for key in keys}
    return {key: (manifest.files, manifest.facts.get("values")) for key, manifest in manifests.items() if manifest}


def test_results_are_those_of_one_after_the_other_and_each_is_computed_once(tmp_path):
    one = run(SEEDS, tmp_path / "one", runtime=Runtime(threads=1))
    journal = Journal()
    two = run(SEEDS, tmp_path / "two", executor=LocalExecutor(Runtime(threads=1), jobs=2), listener=journal)
    assert list(one.rows()) == list(two.rows())
    assert _digests(one) == _digests(two)
    assert set(journal.ended.values()) == {1}
    assert journal.began == journal.ended

    again = Journal()
    run(SEEDS, tmp_path / "two", executor=LocalExecutor(jobs=2), listener=again)
    assert not again.began


@dataclass(frozen=True, eq=False, repr=False)
class Failing(KeyedStep):
    """A step that ends otherwise than well, after so many seconds."""

    kind: ClassVar[str] = "failing"

    number: int
    how: str
    seconds: float = 0.0

    @property
    def inputs(self) -> Any:
        return {"failing": self.number, "how": self.how}

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    def make(self, opened: Opened, context: Context) -> None:
        time.sleep(self.seconds)
        if self.how == "refuses":
            raise UserError("This is refused. Give something else.")
        if self.how == "dies":
            os.kill(os.getpid(), signal.SIGKILL)
        if self.how == "errs":
            raise RuntimeError("a fault of its own")

    def compute(self, opened: Opened, out: Path, context: Context) -> dict[str, Any]:
        self.make(opened, context)
        return {"by": os.getpid()}


def compute(tmp_path: Path, *steps: Failing) -> None:
    LocalExecutor(Runtime(threads=1), jobs=2).run(steps, Store(tmp_path).open(), Silence())


def test_steps_are_computed_by_as_many_processes_as_asked_for(tmp_path):
    steps = [Failing(number, "does not", 0.1) for number in range(8)]
    compute(tmp_path, *steps)
    processes = {manifest.facts["by"] for step in steps if (manifest := Store(tmp_path).find(step.key))}
    assert len(processes) == 2
    assert os.getpid() not in processes


def test_a_refusal_arrives_as_it_was_said(tmp_path):
    with pytest.raises(UserError, match=r"^This is refused\. Give something else\.$"):
        compute(tmp_path, Failing(1, "refuses"), Failing(2, "does not"))


def test_a_process_that_dies_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"ended by signal 9\. It may have been too large for the memory: try fewer"):
        compute(tmp_path, Failing(1, "dies"), Failing(2, "does not", 30))


def test_a_fault_comes_with_the_place_where_it_happened(tmp_path):
    with pytest.raises(RuntimeError, match="a fault of its own") as found:
        compute(tmp_path, Failing(1, "errs"), Failing(2, "does not"))
    assert "in make" in found.value.__notes__[0]


def test_an_interruption_ends_the_processes(tmp_path):
    """What they had begun is taken up by the next run."""

    def interrupt() -> None:
        while not list(tmp_path.glob("partial/*/progress.json")):
            time.sleep(0.05)
        os.kill(os.getpid(), signal.SIGINT)

    threading.Thread(target=interrupt, daemon=True).start()
    with pytest.raises(KeyboardInterrupt):
        compute(tmp_path, Failing(1, "does not", 600), Failing(2, "does not", 600))
    assert [child for child in psutil.Process().children() if "spawn_main" in " ".join(child.cmdline())] == []


@pytest.mark.parametrize("jobs", [0, -1])
def test_no_jobs_are_refused(jobs):
    with pytest.raises(UserError, match="computes nothing"):
        LocalExecutor(jobs=jobs)


def test_the_command_line_says_what_an_executor_does_not_take(genloop):
    code, _, err = genloop("run", "linear", "--on", "lokal")
    assert (code, "Did you mean 'local'" in " ".join(err.split())) == (2, True)
    assert genloop("run", "linear", "--jobs", "0")[0] == 2

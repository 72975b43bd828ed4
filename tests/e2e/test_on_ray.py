"""Steps on a Ray cluster of several nodes on this machine: the same numbers, also where nodes are lost."""

import json
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from toys import experiment

from genloop.environment import versions
from genloop.errors import UserError
from genloop.executors import on_ray
from genloop.executors.executor import Silence
from genloop.executors.on_ray import RayExecutor
from genloop.runs.runner import run
from genloop.steps import Step
from genloop.steps.step import KeyedStep, Opened
from genloop.store import Manifest, Store
from genloop.types import Context, Resources, Runtime

os.environ.update(on_ray.QUIET)  # before ray is imported, as where the executor does it
ray = pytest.importorskip("ray")

pytestmark = pytest.mark.xdist_group("ray")
ONE = Runtime(threads=1)
LOOPS = experiment(seeds=(0, 1))


@pytest.fixture(scope="module")
def cluster():
    """Return a cluster of a head, on which nothing is computed, and of two nodes."""
    from ray.cluster_utils import Cluster

    started = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "include_dashboard": False})
    for _ in range(2):
        started.add_node(num_cpus=1)
    yield started
    ray.shutdown()
    started.shutdown()


@pytest.fixture
def executor(cluster) -> RayExecutor:
    return RayExecutor(ONE, cluster.address)


class Journal(Silence):
    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def started(self, step: Step) -> None:
        self.told.append(("started", step.key))

    def finished(self, step: Step, manifest: Manifest) -> None:
        self.told.append(("finished", manifest.key))


@dataclass(frozen=True, eq=False, repr=False)
class Slow(KeyedStep):
    """A step that takes its time, and more than it has."""

    kind: ClassVar[str] = "slow"

    number: int
    seconds: float = 0.0
    refuses: bool = False
    gpus: float = 0.0

    @property
    def inputs(self) -> Any:
        return {"slow": self.number}

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    @property
    def resources(self) -> Resources:
        return Resources(gpus=self.gpus)

    def make(self, opened: Opened, context: Context) -> None:
        if self.refuses:
            raise UserError("This is refused. Give something else.")
        time.sleep(self.seconds)

    def compute(self, opened: Opened, out: Path, context: Context) -> dict[str, Any]:
        self.make(opened, context)
        return {"number": self.number}


def test_numbers_are_those_of_one_machine_and_each_step_is_told_once(executor, tmp_path):
    alone, journal = run(LOOPS, tmp_path / "alone", runtime=ONE), Journal()
    far = run(LOOPS, tmp_path / "far", executor=executor, listener=journal)
    assert list(alone.rows()) == list(far.rows())
    keys = {step for item in far.record.iterations for step in item.steps} | {far.record.source}
    assert sorted(journal.told) == sorted((what, key) for key in keys for what in ("started", "finished"))

    again = Journal()
    run(LOOPS, tmp_path / "far", executor=executor, listener=again)
    assert again.told == []


def test_steps_of_a_node_that_is_lost_are_computed_elsewhere(cluster, executor, tmp_path, capsys):
    node = cluster.add_node(num_cpus=1)

    def lose_it() -> None:
        while len(list(tmp_path.glob("partial/slow-*/progress.json"))) < 3:
            time.sleep(0.05)
        cluster.remove_node(node, allow_graceful=False)

    loser = threading.Thread(target=lose_it)
    loser.start()
    steps = [Slow(number, 2.0) for number in range(6)]
    executor.run(steps, Store(tmp_path).open(), Silence())
    loser.join()
    facts = [manifest.facts for step in steps if (manifest := Store(tmp_path).find(step.key))]
    assert [fact["number"] for fact in facts] == list(range(6))
    time.sleep(1)  # in which Ray would have said so
    assert tuple(capsys.readouterr()) == ("", "")


def test_a_refusal_arrives_as_it_was_said(executor, tmp_path):
    with pytest.raises(UserError, match=r"^This is refused\. Give something else\.$"):
        executor.run([Slow(1, refuses=True), Slow(2, 60)], Store(tmp_path).open(), Silence())


def test_what_no_node_has_is_told_at_once(cluster, tmp_path):
    store = Store(tmp_path).open()
    with pytest.raises(UserError, match="asks for 2 GPU, and no node of the cluster has more than 0"):
        RayExecutor(Runtime("cuda"), cluster.address).run([Slow(1, gpus=2)], store, Silence())
    with pytest.raises(UserError, match="asks for 64 CPU"):
        RayExecutor(Runtime(threads=64), cluster.address).run([Slow(1)], store, Silence())


def test_other_versions_are_refused_by_name(executor, tmp_path, monkeypatch):
    monkeypatch.setattr(on_ray, "versions", lambda: {**versions(), "genloop": "0.0.9"})
    with pytest.raises(UserError, match=r"has genloop \S+ instead of 0\.0\.9\. Install the same on all nodes"):
        executor.run([Slow(1)], Store(tmp_path).open(), Silence())


def test_a_store_that_a_node_does_not_see_is_found_before_anything_is_computed(tmp_path):
    with pytest.raises(UserError, match=r"does not see .* Give a --store on a file system"):
        on_ray._check_node("10.0.0.2", (False, versions()), Store(tmp_path))


def test_no_cluster_is_one_sentence(tmp_path):
    with pytest.raises(UserError, match=r"There is no Ray cluster at --address 127\.0\.0\.1:1 \("):
        on_ray._check_reachable("127.0.0.1:1")
    with pytest.raises(UserError, match=r"There is no Ray cluster at --address nowhere \("):
        on_ray._check_reachable("nowhere")


def test_the_command_line_runs_on_a_cluster(cluster, genloop, tmp_path):
    command = ("run", "gaussian", "-n", 2, "--set", "source.num_replicates=3", "--on", "ray", "--address")
    code, _, err = genloop(*command, cluster.address, "--threads", 1)
    assert code == 0, err
    assert "test_loss" in json.dumps(json.loads(genloop("show", "runs/gaussian", "--json")[1]))
    assert genloop("run", "gaussian", "--on", "ray", "--jobs", 2)[0] == 2

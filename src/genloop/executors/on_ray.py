"""Computes steps on a Ray cluster: every step a task that begins when the steps that it needs are done.

Nothing is kept but in the store, which all nodes see: a driver that is started again finds what is done there, and a
step that a lost node had begun goes on from its checkpoint. This is the one file that imports Ray.
"""

import logging
import os
import socket
import sys
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import uuid4

from genloop.environment import versions
from genloop.errors import UserError
from genloop.executors.executor import Listener
from genloop.executors.mail import Mail, Mailbox, Sender
from genloop.executors.results import compute, find
from genloop.files import remove
from genloop.steps import Step
from genloop.store import Manifest, Store
from genloop.threads import limit_threads
from genloop.types import Runtime

RETRIES = 5  # of a step whose node or process was lost
CONNECT_SECONDS = 5.0
POLL_SECONDS = 0.5
PROBE_SECONDS = 60.0
QUIET = {  # else Ray speaks to the user; it reads this when it is imported
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".",  # lines that hold this, which are all
}


@dataclass(frozen=True)
class RayExecutor:
    """Computes steps on a Ray cluster, or on one that it starts on this machine.

    Attributes:
        runtime: device, threads of each step (by default as many as the step keeps busy), how often to checkpoint.
        address: of a cluster, such as `10.0.0.1:6379`; None for the one that this machine is part of, or a new one.
    """

    runtime: Runtime = field(default_factory=Runtime)
    address: str | None = None

    def run(
        self, steps: Iterable[Step], store: Store, tell: Listener, *, seconds: Mapping[str, float] | None = None
    ) -> None:
        """Compute the steps that the store does not hold.

        Raises:
            UserError: if there is no cluster, its nodes do not see the store or have other versions, none of them has
                what a step asks for, or a step cannot be computed; finished steps are kept.
        """
        missing = [step for step in steps if find(step, store, tell) is None]
        if not missing:
            return
        ray = _connected(self.address)
        _probe(ray, store)
        asked = {step.key: _resources(step, self.runtime, _largest(ray)) for step in missing}
        with _submitted(ray, missing, asked, store, self.runtime) as (pending, mailbox):
            told = _Told({step.key: step for step in missing}, tell)
            while pending:
                done, _ = ray.wait(list(pending), num_returns=len(pending), timeout=POLL_SECONDS)
                told.read(_taken(ray, mailbox))
                for reference in done:
                    key = pending.pop(reference)
                    _check(ray, reference)
                    told.ended(key, store)


def _connected(address: str | None) -> Any:
    """Return Ray, connected to a cluster.

    Raises:
        UserError: if there is none at that address, or it is of another version.
    """
    os.environ.update(QUIET | os.environ)
    ray: Any = import_module("ray")  # which is typed in part
    if ray.is_initialized():
        return ray
    if address and address not in ("auto", "local") and not address.startswith("ray://"):
        _check_reachable(address)
    paths = os.pathsep.join(dict.fromkeys(str(Path(path).resolve()) for path in sys.path if os.path.isdir(path or ".")))
    try:
        ray.init(
            address=address, log_to_driver=False, logging_level=logging.ERROR, include_dashboard=None,
            runtime_env={"env_vars": {"PYTHONPATH": paths}},
        )  # fmt: skip
    except (ConnectionError, RuntimeError, ValueError) as error:
        told = " ".join(str(error).split())[:300]
        raise UserError(f"There is no Ray cluster that can be used at {address or 'this machine'}: {told}") from error
    return ray


def _check_reachable(address: str) -> None:
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host, int(port)), CONNECT_SECONDS):
            pass
    except (OSError, ValueError, OverflowError) as error:
        raise UserError(
            f"There is no Ray cluster at --address {address} ({error}). Start one with `ray start --head`, or leave "
            "--address out for one on this machine."
        ) from error


def _probe(ray: Any, store: Store) -> None:
    """Check on every node that it sees the store and has the versions that this process has.

    Raises:
        UserError: naming the first node where that is not so.
    """
    mark = store.root.resolve() / f".probe.{uuid4().hex}"
    mark.write_text("")
    try:
        task = ray.remote(_seen_by_a_node)
        nodes = [node for node in ray.nodes() if node["Alive"]]
        seen = [task.options(num_cpus=0, scheduling_strategy=_on(node["NodeID"])).remote(str(mark)) for node in nodes]
        for node, reference in zip(nodes, seen, strict=True):
            _check_answer(ray, node["NodeManagerAddress"], reference, store)
    finally:
        remove(mark)


def _on(node: str) -> Any:
    """Return what has Ray compute on one node."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    return NodeAffinitySchedulingStrategy(node, soft=False)


def _seen_by_a_node(mark: str) -> tuple[bool, Mapping[str, str]]:
    return Path(mark).is_file(), dict(versions())


def _check_answer(ray: Any, name: str, reference: Any, store: Store) -> None:
    try:
        found = ray.get(reference, timeout=PROBE_SECONDS)
    except ray.exceptions.GetTimeoutError as error:
        raise UserError(f"Node {name} of the cluster has not answered within {PROBE_SECONDS:.0f} s.") from error
    except ray.exceptions.RayError:  # it has left the cluster meanwhile
        return
    _check_node(name, found, store)


def _check_node(name: str, found: tuple[bool, Mapping[str, str]], store: Store) -> None:
    sees_store, theirs = found
    ours = versions()
    differing = [f"{package} {theirs.get(package, 'not installed')} instead of {ours[package]}" for package in ours]
    differing = [text for text, package in zip(differing, ours, strict=True) if theirs.get(package) != ours[package]]
    if differing:
        raise UserError(f"Node {name} of the cluster has {', '.join(differing)}. Install the same on all nodes.")
    if store.is_folder and not sees_store:
        raise UserError(
            f"Node {name} of the cluster does not see {store.root}. Give a --store on a file system that all share."
        )


def _largest(ray: Any) -> Mapping[str, float]:
    """Return the most of each resource that one node has."""
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    return {name: max(node.get(name, 0.0) for node in nodes) for name in ("CPU", "GPU", "memory")}


def _resources(step: Step, runtime: Runtime, largest: Mapping[str, float]) -> dict[str, float]:
    """Return what a task asks of its node: accelerators only where there are any, or where they were asked for.

    Raises:
        UserError: if no node has as much, which would be waited for for ever.
    """
    needed, device = step.resources, runtime.device
    wants_gpu = device.startswith("cuda") or (device == "auto" and largest["GPU"] > 0)
    asked = {
        "num_cpus": float(runtime.threads or needed.cpus),
        "num_gpus": needed.gpus if wants_gpu else 0.0,
        "memory": float(needed.memory_bytes),
    }
    for name, unit in (("num_cpus", "CPU"), ("num_gpus", "GPU"), ("memory", "memory")):
        if asked[name] > largest[unit]:
            raise UserError(
                f"A {step.kind} asks for {asked[name]:,.0f} {unit}, and no node of the cluster has more than "
                f"{largest[unit]:,.0f}. Add such a node, or ask for less (--threads, --device)."
            )
    return asked


@contextmanager
def _submitted(
    ray: Any, steps: Iterable[Step], asked: Mapping[str, Mapping[str, float]], store: Store, runtime: Runtime
) -> Generator[tuple[dict[Any, str], Any], None, None]:
    """Give the tasks of all steps, by their references, and the box in which they tell; end those that are left."""
    here = ray.get_runtime_context().get_node_id()
    mailbox = ray.remote(Mailbox).options(num_cpus=0, max_restarts=-1, scheduling_strategy=_on(here)).remote()
    task = ray.remote(_compute)
    by_key: dict[str, Any] = {}
    there = copy(store)
    there.root = store.root.resolve()
    for step in steps:
        needs = [by_key[need] for need in step.needs if need in by_key]
        options = {**asked[step.key], "name": step.key, "max_retries": RETRIES}
        threads = replace(runtime, threads=runtime.threads or int(max(1, step.resources.cpus)))
        by_key[step.key] = task.options(**options).remote(step, there, threads, mailbox, *needs)
    pending = {reference: key for key, reference in by_key.items()}
    try:
        yield pending, mailbox
    finally:
        for reference in pending:
            ray.cancel(reference, force=True)
        ray.kill(mailbox)


def _compute(step: Step, store: Store, runtime: Runtime, mailbox: Any, *_: None) -> None:
    """Compute a step on a node; what it needs is done when this begins."""
    limit_threads(runtime.threads or 1)
    if not store.root.is_dir():  # of an object store, the copy on this node
        store.open()
    compute(step, store, runtime, Sender(step.key, lambda mail: mailbox.put.remote(mail)))


def _taken(ray: Any, mailbox: Any) -> list[Mail]:
    """Return what has been told; nothing where the box is out of reach, as no result depends on it."""
    try:
        return ray.get(mailbox.take.remote())
    except ray.exceptions.RayActorError:
        return []


class _Told:
    """What has been told of the steps: each begins and ends once, even if word of it was lost with a node."""

    def __init__(self, steps: Mapping[str, Step], tell: Listener) -> None:
        self._steps = steps
        self._tell = tell
        self._open: set[str] = set()
        self._ended: set[str] = set()

    def read(self, mails: Iterable[Mail]) -> None:
        for mail in mails:
            if mail.key in self._ended or isinstance(mail.said, Manifest):
                continue  # that it is done is told when the cluster says so
            if mail.said is None or mail.key not in self._open:
                self._begin(mail.key)
            if mail.said is not None:
                mail.tell(self._tell, self._steps[mail.key])

    def ended(self, key: str, store: Store) -> None:
        self._begin(key)
        self._ended.add(key)
        if manifest := store.find(key):
            self._tell.finished(self._steps[key], manifest)

    def _begin(self, key: str) -> None:
        if key not in self._open:
            self._open.add(key)
            self._tell.started(self._steps[key])


def _check(ray: Any, reference: Any) -> None:
    """Raise the error of a task that failed, as the step raised it.

    Raises:
        UserError: as the step did, or if its node was lost too often.
    """
    try:
        ray.get(reference)
    except ray.exceptions.RayTaskError as error:
        raise (error.cause if isinstance(error.cause, UserError | ModuleNotFoundError) else error) from None
    except ray.exceptions.RayError as error:
        told = " ".join(str(error).split())[:300]
        raise UserError(f"A step was lost {RETRIES + 1} times with its node or its process: {told}") from error

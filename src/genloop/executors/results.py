"""How the result of a step is found, computed and opened, whoever executes it."""

from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from genloop.environment import versions
from genloop.executors.executor import Listener
from genloop.executors.progress_file import PROGRESS_FILE, ProgressFile, read_progress
from genloop.steps import Facts, Result, Step
from genloop.store import DamagedArtefact, Manifest, Store
from genloop.types import Context, Progress, Runtime

T = TypeVar("T")


class StoredResults:
    """Opens results of earlier steps from a store."""

    def __init__(self, store: Store, context: Context) -> None:
        self._store = store
        self._context = context

    def open(self, result: Result[T]) -> T:
        assert self._store.find(result.key), f"{result.key} is read before it is computed"
        return result.load(self._store.path, self._context)


def find(step: Step, store: Store, tell: Listener) -> Manifest | None:
    """Return the result of a step, None if it is not done; a damaged one is discarded with a warning."""
    try:
        return store.find(step.key)
    except DamagedArtefact as damage:
        tell.warned(f"{damage} Recomputing {step.key}.")
        store.discard_damaged(step.key)
        return store.find(step.key)  # another process may have computed it anew


def compute(step: Step, store: Store, runtime: Runtime, tell: Listener) -> Manifest:
    """Return the result of a step, computing it if it is not done."""
    if manifest := find(step, store, tell):
        return manifest

    def write(out: Path, scratch: Path) -> Facts:
        def told(said: Progress) -> None:
            scratch.stat()  # raises if another process has taken up this step, which ends this attempt
            tell.progressed(step, said)

        context = Context(runtime, scratch, ProgressFile(scratch.with_name(PROGRESS_FILE), told))
        facts = step.compute(StoredResults(store, replace(context, scratch_dir=None)), out, context)
        return {**facts, "made_with": versions()}

    tell.started(step)
    manifest = store.create(step.key, step.inputs, write, lambda: tell.warned(_waiting(step, store)))
    tell.finished(step, manifest)
    return manifest


def _waiting(step: Step, store: Store) -> str:
    """Return for whom a step waits that another process has in hand."""
    said = read_progress(store.working(step.key) / PROGRESS_FILE)
    if said is None:
        return f"Waiting for another process, which has {step.key} in hand."
    still = f" It is suspended; `kill -CONT {said.process}` lets it go on." if said.is_suspended() else ""
    return f"Waiting for process {said.process} on {said.host}, which computes {step.key}.{still}"

"""Computes a run in memory: for loops so short that writing their results would take longer than they do."""

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar, cast

from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import prepare
from genloop.executors.results import StoredResults
from genloop.experiment import Experiment
from genloop.loop import Iteration
from genloop.steps import Result, Step
from genloop.store import Store
from genloop.types import Context
from genloop.values import Reading, from_facts

T = TypeVar("T")


def simulate(experiment: Experiment) -> Iterator[tuple[Iteration, Mapping[str, Reading]]]:
    """Iterate over the rounds of an experiment, each with the values of its metrics.

    The numbers are those that `genloop.run` writes, from the same steps; only the real data pass through a folder.
    """
    with TemporaryDirectory() as directory:
        store = Store(Path(directory)).open()
        iterations = prepare(experiment, store, LocalExecutor(), Silence())
        results = _ResultsInMemory(iterations, store)
        for iteration in iterations:
            facts = [score.make(results, results.context) for score in iteration.scores]
            yield iteration, {found.of.name: found for each in facts for found in from_facts(each)}


class _ResultsInMemory:
    """Computes results when they are asked for, once; those of the real data are in a store."""

    def __init__(self, iterations: Iterable[Iteration], store: Store) -> None:
        self.context = Context()
        self._steps: dict[str, Step] = {step.key: step for item in iterations for step in item.steps}
        self._stored = StoredResults(store, self.context)
        self._results: dict[str, object] = {}

    def open(self, result: Result[T]) -> T:
        if result.key not in self._results:
            step = self._steps.get(result.key)
            self._results[result.key] = step.make(self, self.context) if step else self._stored.open(result)
        return cast("T", self._results[result.key])

"""Computes a run in memory: for loops so short that writing their results would take longer than they do."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from genloop.executors.local import LocalExecutor
from genloop.experiment import Experiment
from genloop.loop import Iteration
from genloop.steps import Fit, Sample
from genloop.store import Store
from genloop.types import Context, Dataset


def simulate(experiment: Experiment) -> Iterator[tuple[Iteration, Mapping[str, float | None]]]:
    """Iterate over the rounds of an experiment, each with the values of its metrics.

    The numbers are those that `genloop.run` writes, from the same steps; only the real data pass through a folder.
    """
    with TemporaryDirectory() as directory:
        executor = _MemoryExecutor(Store(Path(directory)).open())
        for iteration in executor.prepare(experiment):
            yield iteration, executor.measure(iteration)


class _MemoryExecutor(LocalExecutor):
    """Fits and samples when asked, once."""

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._results: dict[str, Any] = {}

    def measure(self, iteration: Iteration) -> Mapping[str, float | None]:
        """Return the values of all metrics."""
        facts = [self._score(score, self.context) for score in iteration.scores]
        return {name: value for fact in facts for name, value in fact["values"].items()}

    def model(self, step: Fit, context: Context) -> Any:
        if step.key not in self._results:
            self._results[step.key] = self.fit(step, context)
        return self._results[step.key]

    def samples(self, step: Sample) -> Dataset:
        if step.key not in self._results:
            model = self.model(step.model, self.context)
            self._results[step.key] = model.sample(step.num, seed=step.seed, context=self.context)
        return self._results[step.key]

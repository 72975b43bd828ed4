"""Walks the steps of a run in this process, one after the other, and skips what the store already holds."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from genloop.environment import versions
from genloop.executors.progress_file import PROGRESS_FILE, ProgressFile
from genloop.experiment import Experiment
from genloop.loop import Iteration, check_policies, plan_iterations
from genloop.plan import Plan, make_plan
from genloop.steps import Fit, HeldOut, Prepare, Sample, Score, Step, TrainingSet
from genloop.store import DamagedArtefact, Manifest, Store
from genloop.types import Context, Dataset, Evidence, Model, Progress, Refittable, Runtime


class Listener(Protocol):
    """Is told what happens, to show it."""

    def planned(self, plan: Plan) -> None: ...

    def started(self, step: Step, iteration: Iteration | None) -> None: ...

    def progressed(self, progress: Progress) -> None: ...

    def finished(self, step: Step, manifest: Manifest) -> None: ...

    def warned(self, message: str) -> None: ...


class Silence:
    """Shows nothing."""

    def planned(self, plan: Plan) -> None: ...

    def started(self, step: Step, iteration: Iteration | None) -> None: ...

    def progressed(self, progress: Progress) -> None: ...

    def finished(self, step: Step, manifest: Manifest) -> None: ...

    def warned(self, message: str) -> None: ...


class LocalExecutor:
    """Computes steps in this process.

    Attributes:
        store: where results are kept and found.
        context: device, threads, how often to checkpoint.
        listener: is told what happens.
    """

    def __init__(self, store: Store, runtime: Runtime | None = None, listener: Listener | None = None) -> None:
        self.store = store
        self.listener: Listener = listener or Silence()
        self.context = Context(runtime or Runtime(), report=self.listener.progressed)

    def prepare(self, experiment: Experiment) -> list[Iteration]:
        """Make the real data ready and return the rounds of the run; nothing is fitted.

        Raises:
            UserError: if the data are unusable, or a policy asks for more than its sources hold.
        """
        check_policies(experiment, math.inf)
        real = Prepare(experiment.source)
        return plan_iterations(experiment, self.compute(real).facts["num_train"], real)

    def plan(self, iterations: Sequence[Iteration]) -> Plan:
        """Return what is done, what is missing, and what that will take."""
        return make_plan(iterations, self.find, self.store.path(iterations[0].model.real.key))

    def run(self, iterations: Iterable[Iteration]) -> None:
        """Compute all steps of the rounds that are not done."""
        for iteration in iterations:
            for step in iteration.steps:
                self.compute(step, iteration)

    def find(self, step: Step) -> Manifest | None:
        """Return the result of a step, None if it is not done; a damaged one is discarded with a warning."""
        try:
            return self.store.find(step.key)
        except DamagedArtefact as damage:
            self.listener.warned(f"{damage} Recomputing {step.key}.")
            self.store.discard_damaged(step.key)
            return self.store.find(step.key)  # another process may have computed it anew

    def compute(self, step: Step, iteration: Iteration | None = None) -> Manifest:
        """Return the result of a step, computing it if it is not done."""
        if manifest := self.find(step):
            return manifest
        self.listener.started(step, iteration)
        manifest = self.store.create(
            step.key,
            _recorded(step),
            lambda result, scratch: {**self._write(step, result, scratch), "made_with": versions()},
        )
        self.listener.finished(step, manifest)
        return manifest

    def _write(self, step: Step, result: Path, scratch: Path) -> Mapping[str, Any]:
        progress = ProgressFile(scratch.with_name(PROGRESS_FILE), self.listener.progressed)
        context = replace(self.context, scratch_dir=scratch, report=progress)
        match step:
            case Prepare():
                return self._prepare(step, result, context)
            case Fit():
                return self._fit(step, result, context)
            case Sample():
                return self._sample(step, result, context)
            case Score():
                return self._score(step, context)

    def _prepare(self, step: Prepare, result: Path, context: Context) -> Mapping[str, Any]:
        step.source.prepare(result, context)
        train, test = (step.source.load(result, part) for part in ("train", "test"))
        return {"num_train": len(train), "num_test": len(test), "unit": train.unit}

    def _fit(self, step: Fit, result: Path, context: Context) -> Mapping[str, Any]:
        model = self.fit(step, context)
        model.save(result)
        return {"status": model.status, "num_train": step.train.num_examples}

    def fit(self, step: Fit, context: Context) -> Model:
        """Fit a model, from the parameters of the previous one where the step asks for that."""
        train = self.training_set(step.train)
        if step.previous is None:
            return step.estimator.fit(train, seed=step.seed, context=context)
        assert isinstance(step.estimator, Refittable)  # Experiment refuses others
        return step.estimator.refit(self.model(step.previous, context), train, seed=step.seed, context=context)

    def _sample(self, step: Sample, result: Path, context: Context) -> Mapping[str, Any]:
        samples = self.model(step.model, context).sample(step.num, seed=step.seed, context=context)
        samples.save(result)
        return {"num": len(samples)}

    def _score(self, step: Score, context: Context) -> Mapping[str, Any]:
        needs = step.metric.needs
        test, samples = self._test_and_samples(step)
        evidence = Evidence(
            test,
            model=self.model(step.model, context) if "model" in needs else None,
            samples=samples,
            train=self.training_set(step.model.train) if "train" in needs else None,
            first=self.model(step.first, context) if "first" in needs else None,
        )
        values = step.metric.score(evidence, seed=step.seed, context=context)
        finite = {name: value if math.isfinite(value) else None for name, value in values.items()}
        return {"values": finite, "units": dict(step.metric.units), "about": step.metric.about}

    def _test_and_samples(self, step: Score) -> tuple[Dataset, Dataset | None]:
        test = step.real.source.load(self.store.path(step.real.key), "test")
        if "samples" not in step.metric.needs:
            return test, None
        if isinstance(step.samples, HeldOut):
            half = len(test) // 2
            return test.slice(half, len(test)), test.slice(0, min(half, step.samples.num))
        return test, self.samples(step.samples)

    def model(self, step: Fit, context: Context) -> Any:
        """Load a fitted model."""
        self._require(step)
        prepared_dir = self.store.path(step.real.key)
        return step.estimator.load(self.store.path(step.key), prepared_dir, context)

    def samples(self, step: Sample) -> Dataset:
        """Open synthetic data."""
        self._require(step)
        real = step.model.real
        return real.source.load_samples(self.store.path(step.key), self.store.path(real.key))

    def training_set(self, train: TrainingSet) -> Dataset:
        """Open a training set as a view over its sources."""
        parts = [self._data(part.data).slice(part.start, part.stop).weighted(part.weight) for part in train.parts]
        union = parts[0].concat(parts[1:])
        return union.draw(train.draw.num, seed=train.draw.seed) if train.draw else union

    def _data(self, step: Prepare | Sample) -> Dataset:
        if isinstance(step, Sample):
            return self.samples(step)
        self._require(step)
        return step.source.load(self.store.path(step.key), "train")

    def _require(self, step: Step) -> None:
        assert self.store.find(step.key), f"{step.key} is read before it is computed"


def _recorded(step: Step) -> Mapping[str, Any]:
    """Return what the manifest says of a step's inputs; synthetic data also record what they descend from."""
    return {**step.inputs, "lineage": step.lineage()} if isinstance(step, Sample) else step.inputs

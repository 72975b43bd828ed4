"""The steps of a run: what each computes from what, and the key that follows from it.

A step is a description. Its key hashes its inputs, so all keys are known before anything runs, and two policies
that ask for the same thing ask for the same step. An executor does the work.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from genloop.identity import step_key
from genloop.types import Estimator, Metric, Source, Weighting


class _Keyed:
    kind: ClassVar[str]

    @property
    def inputs(self) -> Mapping[str, Any]:
        raise NotImplementedError

    @cached_property
    def key(self) -> str:
        return step_key(self.kind, self.inputs)


@dataclass(frozen=True)
class Prepare(_Keyed):
    """Make real data ready: train and test part, and what all iterations share."""

    kind: ClassVar[str] = "prepare"

    source: Source

    @property
    def inputs(self) -> Mapping[str, Any]:
        return {"source": self.source.identity()}


@dataclass(frozen=True)
class Part:
    """Examples `start` to `stop` of real or synthetic data, with their weight in the training loss."""

    data: "Prepare | Sample"
    start: int
    stop: int
    weight: float = 1.0

    def describe(self) -> Mapping[str, Any]:
        return {"data": self.data.key, "start": self.start, "stop": self.stop, "weight": self.weight}


@dataclass(frozen=True)
class Draw:
    """A uniform draw of `num` examples without replacement."""

    num: int
    seed: int


@dataclass(frozen=True)
class TrainingSet:
    """The parts that one model is fitted on, or a uniform draw from their union."""

    parts: tuple[Part, ...]
    draw: Draw | None = None

    @property
    def num_examples(self) -> int:
        return self.draw.num if self.draw else sum(part.stop - part.start for part in self.parts)

    @property
    def is_weighted(self) -> bool:
        """Whether some examples weigh more than others."""
        return len({part.weight for part in self.parts}) > 1

    def describe(self) -> Mapping[str, Any]:
        return {"parts": [part.describe() for part in self.parts], "draw": self.draw}


@dataclass(frozen=True)
class Fit(_Keyed):
    """Fit a model: a fresh one or, where `previous` is given, one that starts from the parameters of that."""

    kind: ClassVar[str] = "fit"

    estimator: Estimator
    train: TrainingSet
    iteration: int
    seed: int
    previous: "Fit | None" = None

    @property
    def inputs(self) -> Mapping[str, Any]:
        return {
            "estimator": self.estimator.fit_identity(self.train.num_examples),
            "train": self.train.describe(),
            "iteration": self.iteration,
            "seed": self.seed,
            **self._weighting(),
            **({"previous": self.previous.key} if self.previous else {}),
        }

    def _weighting(self) -> Mapping[str, Any]:
        if self.train.is_weighted and isinstance(self.estimator, Weighting):
            return {"weighting": self.estimator.weighting}
        return {}  # keys from before there was such a version

    @property
    def real(self) -> Prepare:
        """The real data that this model descends from."""
        data = self.train.parts[0].data
        while isinstance(data, Sample):
            data = data.model.train.parts[0].data
        return data


@dataclass(frozen=True)
class Sample(_Keyed):
    """Generate synthetic data from a fitted model."""

    kind: ClassVar[str] = "sample"

    model: Fit
    num: int
    seed: int

    @property
    def inputs(self) -> Mapping[str, Any]:
        return {
            "model": self.model.key,
            "iteration": self.model.iteration,
            "sampling": self.model.estimator.sample_identity(),
            "num": self.num,
            "seed": self.seed,
        }

    def lineage(self) -> list[Mapping[str, Any]]:
        """Return the models that this data descends from, latest first; their manifests have the training sets."""
        found: dict[str, Fit] = {}
        waiting = [self.model]
        while waiting:
            model = waiting.pop()
            if model.key not in found:
                found[model.key] = model
                waiting += [part.data.model for part in model.train.parts if isinstance(part.data, Sample)]
                waiting += [model.previous] if model.previous else []
        latest_first = sorted(found.values(), key=lambda model: -model.iteration)
        return [{"model": model.key, "iteration": model.iteration} for model in latest_first]


@dataclass(frozen=True)
class HeldOut:
    """Real data in the place of samples: up to `num` examples of one half of the test data, judged by the other half.

    What a metric says of them is its noise floor: no model can be told from real data beyond it.
    """

    num: int


@dataclass(frozen=True)
class Score(_Keyed):
    """Measure a model, its samples, or both against real test data; only what the metric needs enters the key."""

    kind: ClassVar[str] = "score"

    metric: Metric
    real: Prepare
    model: Fit
    samples: Sample | HeldOut
    first: Fit
    seed: int

    @property
    def inputs(self) -> Mapping[str, Any]:
        evidence = {
            "model": self.model.key,
            "samples": self.samples.key if isinstance(self.samples, Sample) else self.samples,
            "train": self.model.train.describe(),
            "first": self.first.key,
        }
        needed = {name: evidence[name] for name in sorted(self.metric.needs)}
        return {"metric": self.metric, "test": self.real.key, "seed": self.seed, **needed}


Step = Prepare | Fit | Sample | Score


def needed_by(step: Step) -> Iterator[Step]:
    """Iterate over the steps whose results `step` reads."""
    if isinstance(step, Fit):
        yield from (part.data for part in step.train.parts)
        if step.previous:
            yield step.previous
    elif isinstance(step, Sample):
        yield step.model
    elif isinstance(step, Score):
        yield step.real
        if "model" in step.metric.needs:
            yield step.model
        if "first" in step.metric.needs:
            yield step.first
        if "samples" in step.metric.needs and isinstance(step.samples, Sample):
            yield step.samples
        if "train" in step.metric.needs:
            yield from (part.data for part in step.model.train.parts)

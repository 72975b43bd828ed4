"""A measurement of a model, or of its samples, against real test data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from genloop.steps.fit import Fitted, resources_of
from genloop.steps.sample import Generated
from genloop.steps.step import Data, Facts, KeyedStep, Opened, distinct
from genloop.steps.training_set import TrainingSet
from genloop.types import Context, Dataset, Evidence, Metric, Resources
from genloop.values import to_facts


@dataclass(frozen=True)
class HeldOut:
    """Real data in the place of samples: up to `num` examples of one half of the test data, judged by the other half.

    What a metric says of them is its noise floor: no model can be told from real data beyond it.
    """

    num: int


@dataclass(frozen=True, eq=False, repr=False)
class Score(KeyedStep):
    """Measure a model, its samples, or both against real test data; only what the metric needs enters the key.

    Attributes:
        metric: what is measured.
        real: the data whose test part it is measured against.
        model: what is measured.
        samples: of the model, or real data in their place.
        train: what the model was fitted on.
        first: the model of iteration 1.
        seed: of the measurement.
    """

    kind: ClassVar[str] = "score"

    metric: Metric
    real: Data
    model: Fitted
    samples: Generated | HeldOut
    train: TrainingSet
    first: Fitted
    seed: int

    @property
    def inputs(self) -> Mapping[str, Any]:
        evidence = {
            "model": self.model.key,
            "samples": self.samples if isinstance(self.samples, HeldOut) else self.samples.key,
            "train": self.train,
            "first": self.first.key,
        }
        needed = {name: evidence[name] for name in sorted(self.metric.needs)}
        return {"metric": self.metric, "test": self.real.key, "seed": self.seed, **needed}

    @property
    def needs(self) -> tuple[str, ...]:
        keys = [self.real.key]
        if "model" in self.metric.needs:
            keys.append(self.model.key)
        if "first" in self.metric.needs:
            keys.append(self.first.key)
        if "samples" in self.metric.needs and isinstance(self.samples, Generated):
            keys.append(self.samples.key)
        if "train" in self.metric.needs:
            keys += self.train.needs
        return distinct(keys)

    @property
    def resources(self) -> Resources:
        runs_models = {"model", "first"} & self.metric.needs
        return resources_of(self.model.estimator) if runs_models else Resources()

    def make(self, opened: Opened, context: Context) -> Facts:
        needs = self.metric.needs
        test, samples = self._test_and_samples(opened)
        evidence = Evidence(
            test,
            model=opened.open(self.model) if "model" in needs else None,
            samples=samples,
            train=self.train.open(opened) if "train" in needs else None,
            first=opened.open(self.first) if "first" in needs else None,
        )
        scored = self.metric.score(evidence, seed=self.seed, context=context)
        return {**to_facts(self.metric.values, scored), "about": self.metric.about}

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        return self.make(opened, context)

    def _test_and_samples(self, opened: Opened) -> tuple[Dataset, Dataset | None]:
        test = opened.open(self.real).prepared("test")
        if "samples" not in self.metric.needs:
            return test, None
        if isinstance(self.samples, HeldOut):
            half = len(test) // 2
            return test.slice(half, len(test)), test.slice(0, min(half, self.samples.num))
        return test, opened.open(self.samples)

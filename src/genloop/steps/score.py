"""A measurement of a model, or of its samples, against real test data."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from genloop.identity import derive_seed, describe_component
from genloop.sizes import is_of_any_size, most_of
from genloop.steps.fit import Fitted, resources_of
from genloop.steps.sample import Generated
from genloop.steps.step import Facts, KeyedStep, Opened, Result, distinct
from genloop.steps.training_set import TrainingSet
from genloop.types import UNSET, Context, Dataset, Domain, Evidence, Metric, Resources
from genloop.values import to_facts


@dataclass(frozen=True)
class RealSamples:
    """Real data in the place of samples: a draw of `num` training examples, judged as samples are.

    What a metric says of them is its noise floor: what a model scores that cannot be told from real data, on average.
    """

    num: int

    def draw(self, train: Dataset, seed: int) -> Dataset:
        """Return the examples."""
        return train.draw(min(self.num, len(train)), seed=derive_seed(seed, "real samples"))


@dataclass(frozen=True)
class HeldOut:
    """Real data in the place of samples: up to `num` examples of one half of the test data, judged by the other half.

    They stand in where a metric knows a model or a training set: to these, the training data are no new examples.
    """

    num: int

    def halves(self, test: Dataset) -> tuple[Dataset, Dataset]:
        """Return the half that judges, and what stands in the place of samples."""
        return judging_half(test), test.slice(0, min(len(test) // 2, self.num))


def judging_half(test: Dataset) -> Dataset:
    """Return the half of the test data that judges where the other stands in the place of samples."""
    return test.slice(len(test) // 2, len(test))


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
        num: samples to look at, from the first; None for all.
        by_half: whether one half of the test data judges, as it does where the other stands in the place of samples.
    """

    kind: ClassVar[str] = "score"

    metric: Metric
    real: Result[Domain]
    model: Fitted
    samples: Generated | RealSamples | HeldOut
    train: TrainingSet
    first: Fitted
    seed: int
    num: int | None = None
    by_half: bool = False

    @property
    def inputs(self) -> Mapping[str, object]:
        evidence = {
            "model": self.model.key,
            "samples": self.samples.key if isinstance(self.samples, Generated) else self.samples,
            "train": self.train,
            "first": self.first.key,
        }
        needed = {name: evidence[name] for name in sorted(self.metric.needs)}
        metric = describe_component(self.metric, self.metric)
        return {"metric": metric, "test": self.real.key, "seed": self.seed, **needed, **self._amounts()}

    def _amounts(self) -> Mapping[str, object]:
        """Return how much is looked at; nothing where it is all, as in keys from before there was a choice."""
        num = {} if self.num is None else {"num": self.num}
        return {**num, "judge": "half"} if self.by_half else num

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
            model=opened.open(self.model) if "model" in needs else UNSET,
            samples=samples,
            train=self.train.open(opened) if "train" in needs else UNSET,
            first=opened.open(self.first) if "first" in needs else UNSET,
        )
        scored = self.metric.score(evidence, seed=self.seed, context=context)
        told = {**to_facts(self.metric.values, scored), "about": self.metric.about}
        if is_of_any_size(self.metric):  # or looks at none
            return told
        return {**told, "looked_at": most_of(self.metric, len(samples))}

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        return self.make(opened, context)

    def _test_and_samples(self, opened: Opened) -> tuple[Dataset, Dataset]:
        test = opened.open(self.real).prepared("test")
        if "samples" not in self.metric.needs:
            return test, UNSET
        if isinstance(self.samples, HeldOut):
            return self.samples.halves(test)
        if isinstance(self.samples, RealSamples):
            return test, self.samples.draw(opened.open(self.real).prepared("train"), self.seed)
        samples = opened.open(self.samples)
        test = judging_half(test) if self.by_half else test
        return test, samples if self.num is None else samples.slice(0, self.num)

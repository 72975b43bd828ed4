"""Synthetic data from a fitted model."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from genloop.identity import describe_component
from genloop.steps.fit import Fitted, resources_of
from genloop.steps.step import Facts, Keyed, KeyedStep, Opened, Result, distinct
from genloop.types import Context, Cost, Dataset, Domain, Resources


@dataclass(frozen=True, eq=False, repr=False)
class Generated(Keyed):
    """Synthetic data, as later steps know them.

    Attributes:
        key: of the step that generated them.
        num: how many examples there are.
        iteration: of the model.
        real: the real data that the model descends from.
    """

    key: str
    num: int
    iteration: int
    real: Result[Domain]

    @property
    def origin(self) -> str:
        return f"model {self.iteration}"

    def load(self, folder: Callable[[str], Path], context: Context) -> Dataset:
        return self.real.load(folder, context).generated(folder(self.key))

    def examples(self, opened: Opened) -> Dataset:
        return opened.open(self)


@dataclass(frozen=True, eq=False, repr=False)
class Sample(KeyedStep):
    """Generate synthetic data from a fitted model."""

    kind: ClassVar[str] = "sample"
    efficiency: ClassVar[float] = 0.2

    model: Fitted
    num: int
    seed: int

    @property
    def inputs(self) -> Mapping[str, object]:
        return {
            "model": self.model.key,
            "iteration": self.model.iteration,
            "sampling": describe_component(self.model.estimator, self.model.estimator.sample_identity()),
            "num": self.num,
            "seed": self.seed,
        }

    @property
    def result(self) -> Generated:
        return Generated(self.key, self.num, self.model.iteration, self.model.real)

    @property
    def needs(self) -> tuple[str, ...]:
        return distinct([self.model.real.key, self.model.key])

    @property
    def resources(self) -> Resources:
        return resources_of(self.model.estimator)

    @property
    def workload(self) -> Hashable:
        return self.kind, id(self.model.estimator), self.num

    def cost(self, domain: Domain) -> Cost:
        return self.model.estimator.sample_cost(self.num, domain)

    def make(self, opened: Opened, context: Context) -> Dataset:
        return opened.open(self.model).sample(self.num, seed=self.seed, context=context)

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        samples = self.make(opened, context)
        samples.save(out)
        return {"num": len(samples)}

"""A model fitted to a training set."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from genloop.identity import describe_component
from genloop.steps.step import Facts, Keyed, KeyedStep, Opened, Result, distinct
from genloop.steps.training_set import TrainingSet
from genloop.types import Context, Cost, Demanding, Domain, Estimator, Model, Refittable, Resources, Weighting


@dataclass(frozen=True, eq=False, repr=False)
class Fitted(Keyed):
    """A fitted model, as later steps know it.

    Attributes:
        key: of the fit.
        estimator: that was fitted.
        iteration: counted from 1.
        real: the real data that the model descends from.
    """

    key: str
    estimator: Estimator
    iteration: int
    real: Result[Domain]

    def load(self, folder: Callable[[str], Path], context: Context) -> Model:
        return self.estimator.load(folder(self.key), self.real.load(folder, context), context)


@dataclass(frozen=True, eq=False, repr=False)
class Fit(KeyedStep):
    """Fit a model: a fresh one or, where `previous` is given, one that starts from the parameters of that."""

    kind: ClassVar[str] = "fit"
    efficiency: ClassVar[float] = 0.5

    estimator: Estimator
    train: TrainingSet
    iteration: int
    seed: int
    previous: Fitted | None = None

    @property
    def inputs(self) -> Mapping[str, object]:
        identity = self.estimator.fit_identity(self.train.num_examples)
        return {
            "estimator": describe_component(self.estimator, identity),
            "train": self.train,
            "iteration": self.iteration,
            "seed": self.seed,
            **self._weighting(),
            **({"previous": self.previous.key} if self.previous else {}),
        }

    def _weighting(self) -> Mapping[str, object]:
        if self.train.is_weighted and isinstance(self.estimator, Weighting):
            return {"weighting": self.estimator.weighting}
        return {}  # keys from before there was such a version

    @property
    def result(self) -> Fitted:
        return Fitted(self.key, self.estimator, self.iteration, self.train.real)

    @property
    def needs(self) -> tuple[str, ...]:
        return distinct([self.train.real.key, *self.train.needs, *([self.previous.key] if self.previous else [])])

    @property
    def resources(self) -> Resources:
        return resources_of(self.estimator)

    @property
    def workload(self) -> Hashable:
        return self.kind, id(self.estimator), self.train.num_examples  # one of the user's own may have no hash

    def cost(self, domain: Domain) -> Cost:
        return self.estimator.fit_cost(self.train.num_examples, domain)

    def make(self, opened: Opened, context: Context) -> Model:
        train = self.train.open(opened)
        if self.previous is None:
            return self.estimator.fit(train, seed=self.seed, context=context)
        refittable = cast("Refittable", self.estimator)  # Experiment refuses others
        return refittable.refit(opened.open(self.previous), train, seed=self.seed, context=context)

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        model = self.make(opened, context)
        model.save(out)
        return {"status": model.status, "num_train": self.train.num_examples}


def resources_of(estimator: Estimator) -> Resources:
    """Return what an estimator says that its models compute with."""
    return estimator.resources if isinstance(estimator, Demanding) else Resources()

"""A family small enough to see through: numbers, fitted by their mean and spread."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

import numpy as np

from genloop.examples import Examples
from genloop.experiment import Experiment
from genloop.policies import Accumulate, Replace
from genloop.types import Context, Cost, Evidence, Format, Progress
from genloop.values import Value


@dataclass(frozen=True)
class Numbers:
    """Real numbers in memory; weights multiply."""

    unit: ClassVar[str] = "number"

    values: tuple[float, ...]
    weights: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Self:
        return cls(tuple(map(float, values)), (1.0,) * len(values))

    def __len__(self) -> int:
        return len(self.values)

    def slice(self, start: int, stop: int) -> Self:
        return type(self)(self.values[start:stop], self.weights[start:stop])

    def weighted(self, weight: float) -> Self:
        return type(self)(self.values, tuple(weight * old for old in self.weights))

    def concat(self, others: Sequence[Self]) -> Self:
        parts = (self, *others)
        return type(self)(sum((p.values for p in parts), ()), sum((p.weights for p in parts), ()))

    def draw(self, num: int, *, seed: int) -> Self:
        chosen = np.random.default_rng(seed).permutation(len(self))[:num]
        return type(self)(tuple(self.values[i] for i in chosen), tuple(self.weights[i] for i in chosen))

    def save(self, directory: Path) -> None:
        (directory / "numbers.json").write_text(json.dumps(self.values))


@dataclass(frozen=True)
class NormalSource:
    """Standard normal numbers."""

    num_train: int = 60
    seed: int = 0

    def identity(self) -> object:
        return {"type": "normal", "num_train": self.num_train, "seed": self.seed}

    def prepare(self, directory: Path, context: Context) -> None:
        values = np.random.default_rng(self.seed).normal(size=self.num_train + 20)
        Numbers.of(values[20:]).save(directory)
        (directory / "test.json").write_text(json.dumps(values[:20].tolist()))

    def open(self, directory: Path) -> "ToyDomain":
        return ToyDomain(directory)


@dataclass(frozen=True)
class ToyDomain:
    """Numbers in files of text: a domain of one's own, which is not installed."""

    name: ClassVar[str] = "toys"

    directory: Path

    def prepared(self, part: Literal["train", "test"]) -> Numbers:
        name = "numbers.json" if part == "train" else "test.json"
        return Numbers.of(json.loads((self.directory / name).read_text()))

    def generated(self, directory: Path) -> Numbers:
        return ToyDomain(directory).prepared("train")

    def show(self, data: Numbers, num: int | None = None, *, beside: Sequence[Numbers] = ()) -> Examples:
        return Examples()

    @property
    def formats(self) -> Mapping[str, Format[Numbers]]:
        return {}


@dataclass(frozen=True)
class NormalModel:
    mean: float
    spread: float
    status: str = "fitted"

    def sample(self, num: int, *, seed: int, conditions: Numbers | None = None, context: Context) -> Numbers:
        context.report(Progress(num, num))
        return Numbers.of(np.random.default_rng(seed).normal(self.mean, self.spread, num))

    def save(self, directory: Path) -> None:
        (directory / "model.json").write_text(json.dumps([self.mean, self.spread]))


@dataclass(frozen=True)
class Normal:
    """Fits mean and spread; `shift` is added to each sample."""

    shift: float = 0.0

    def fit_identity(self, num_examples: int) -> object:
        return {"type": "normal"}

    def sample_identity(self) -> object:
        return {"shift": self.shift}

    def fit(self, train: Numbers, *, seed: int, context: Context) -> NormalModel:
        context.report(Progress(0, len(train)))
        mean = float(np.average(train.values, weights=train.weights))
        spread = math.sqrt(np.average((np.array(train.values) - mean) ** 2, weights=train.weights))
        return NormalModel(mean, spread)

    def refit(self, model: NormalModel, train: Numbers, *, seed: int, context: Context) -> NormalModel:
        """Go half the way from a fitted model to the data."""
        fresh = self.fit(train, seed=seed, context=context)
        return NormalModel((model.mean + fresh.mean) / 2, (model.spread + fresh.spread) / 2)

    def load(self, directory: Path, domain: ToyDomain, context: Context) -> NormalModel:
        mean, spread = json.loads((directory / "model.json").read_text())
        return NormalModel(mean + self.shift, spread)

    def fit_cost(self, num_examples: int, domain: ToyDomain | None) -> Cost:
        return Cost(num_examples, 10.0 * num_examples, 100)

    def sample_cost(self, num_examples: int, domain: ToyDomain | None) -> Cost:
        return Cost(num_examples, 10.0 * num_examples, 20 * num_examples)


@dataclass(frozen=True)
class NormalLoss:
    """Mean negative log-likelihood of the test numbers."""

    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values: ClassVar[Sequence[Value]] = (Value("test_loss", "nats/number", worse="higher", aspect="loss"),)
    about: ClassVar[str] = "real test numbers | model_t"

    def score(self, evidence: Evidence[Numbers, NormalModel], *, seed: int, context: Context) -> Mapping[str, float]:
        z = (np.array(evidence.test.values) - evidence.model.mean) / evidence.model.spread
        return {"test_loss": float(np.mean(z**2) / 2 + math.log(evidence.model.spread * math.sqrt(2 * math.pi)))}


@dataclass(frozen=True)
class SampleMean:
    """Mean of the samples."""

    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values: ClassVar[Sequence[Value]] = (Value("sample_mean", "number"),)
    about: ClassVar[str] = "samples of model_t"

    def score(self, evidence: Evidence[Numbers], *, seed: int, context: Context) -> Mapping[str, float]:
        return {"sample_mean": float(np.mean(evidence.samples.values))}


@dataclass(frozen=True)
class SampleLoss:
    """Mean negative log-likelihood of the samples under the first model."""

    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})
    any_size: ClassVar[bool] = True
    values: ClassVar[Sequence[Value]] = (Value("sample_loss", "nats/number"),)
    about: ClassVar[str] = "samples of model_t | model_1"

    def score(self, evidence: Evidence[Numbers, NormalModel], *, seed: int, context: Context) -> Mapping[str, float]:
        loss = NormalLoss().score(Evidence(evidence.samples, model=evidence.first), seed=seed, context=context)
        return {"sample_loss": loss["test_loss"]}


def experiment(**changes: Any) -> Experiment:
    """Return a loop of three iterations that takes milliseconds."""
    settings: dict[str, Any] = {
        "name": "toy",
        "source": NormalSource(),
        "estimator": Normal(),
        "policies": (Replace(), Accumulate()),
        "metrics": (NormalLoss(), SampleMean()),
        "num_iterations": 3,
        "num_samples": 20,
    }
    return Experiment(**{**settings, **changes})

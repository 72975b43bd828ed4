"""The checks that others run on their classes: sound ones pass, and each fault is told in a sentence of its own."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from own_model import IncomeLoss, Incomes, LogNormal, LogNormalModel, RichestTenth
from toys import Normal, NormalSource

from genloop.data.arrays import ArrayDataset
from genloop.data.numbers import NumberDomain
from genloop.policies import Accumulate, Mixture, Replace, Share
from genloop.testing import check_family, check_metric, check_policy, check_source
from genloop.testing.family import Family, check_hyperparameters
from genloop.testing.resuming import check_resumption
from genloop.types import Cost, Progress

SOURCE = Incomes(num_train=20, num_test=20, num_replicates=2)
CALLS = count()


def check(estimator: Any, folder: Path) -> None:
    check_family(estimator, source=SOURCE, folder=folder)


def test_a_sound_family_passes(tmp_path):
    check(LogNormal(), tmp_path)
    check_source(SOURCE, folder=tmp_path)
    for metric in (IncomeLoss(), RichestTenth()):
        check_metric(metric, LogNormal(), source=SOURCE, folder=tmp_path)


class Restless(LogNormal):
    def fit(self, train, *, seed, context):
        return LogNormalModel(super().fit(train, seed=seed, context=context).parameters + next(CALLS))


class Careless(LogNormal):
    def fit(self, train, *, seed, context):
        return super().fit(ArrayDataset.of(train.read()), seed=seed, context=context)


class Model(LogNormalModel):
    def sample(self, num, *, seed, conditions=None, context):
        return super().sample(num, seed=0, context=context)


class MoreModel(LogNormalModel):
    def sample(self, num, *, seed, conditions=None, context):
        return super().sample(num + 1, seed=seed, context=context)


def _with(model: type) -> type:
    class Own(LogNormal):
        def fit(self, train, *, seed, context):
            return model(super().fit(train, seed=seed, context=context).parameters)

        def load(self, directory, domain, context):
            return model(super().load(directory, domain, context).parameters)

        def __reduce__(self):
            return _restored, (model,)

    return Own


def _restored(model: type) -> Any:
    return _with(model)()


class Free(LogNormal):
    def fit_cost(self, num_examples, domain):
        return Cost()


class OnDevice(LogNormal):
    def sample_identity(self):
        return {"device": "cpu"}


class Nested(LogNormal):
    def sample_identity(self):
        return {"one", "two"}


@pytest.mark.parametrize(
    ("estimator", "sentence"),
    [
        (Restless(), "Restless.fit gives another model for the same data and seed"),
        (Careless(), "Careless.fit takes no notice of weights"),
        (_with(Model)(), "samples the same with another seed"),
        (_with(MoreModel)(), "generates 2 examples where 1 were asked for"),
        (Free(), r"Free.fit_cost tells .* of 1,000 examples"),
        (OnDevice(), "tells a device"),
        (Nested(), r"sample_identity\(\) is not plain: UserError"),
    ],
)
def test_a_fault_of_a_family_is_told(estimator, sentence, tmp_path):
    with pytest.raises(AssertionError, match=sentence):
        check(estimator, tmp_path)


@dataclass(frozen=True)
class Shifted(LogNormal):
    """A family whose identities may tell its hyperparameters or not."""

    told: bool = True
    in_fit: float = 0.0
    in_samples: float = 0.0

    def fit_identity(self, num_examples: int) -> object:
        return {"in_fit": self.in_fit} if self.told else {}

    def sample_identity(self) -> object:
        return {"in_samples": self.in_samples} if self.told else {}

    def fit(self, train, *, seed, context):
        return LogNormalModel(super().fit(train, seed=seed, context=context).parameters + self.in_fit)

    def load(self, directory, domain, context):
        return LogNormalModel(super().load(directory, domain, context).parameters + self.in_samples)


def test_a_hyperparameter_that_no_identity_tells_is_found(tmp_path):
    check_hyperparameters(Family(replace(Shifted(), told=True), SOURCE, tmp_path / "told"))
    with pytest.raises(AssertionError, match="in_fit changes the fitted model of Shifted, but not fit_identity"):
        check_hyperparameters(Family(Shifted(told=False), SOURCE, tmp_path / "untold"))


@dataclass(frozen=True)
class SamplingUntold(Shifted):
    def fit_identity(self, num_examples: int) -> object:
        return {"in_fit": self.in_fit}

    def sample_identity(self) -> object:
        return {}


def test_a_hyperparameter_of_sampling_that_no_identity_tells_is_found(tmp_path):
    with pytest.raises(AssertionError, match="in_samples changes the samples of SamplingUntold, but neither identity"):
        check_hyperparameters(Family(SamplingUntold(), SOURCE, tmp_path))


class Forgetful(Normal):
    """Keeps half of its work in the scratch folder, and takes it for the whole when it goes on."""

    def fit(self, train, *, seed, context):
        path = context.scratch_dir / "half" if context.scratch_dir else None
        half = train.slice(0, len(train) // 2)
        if path is None or not path.exists():
            if path:
                path.touch()
            context.report(Progress(len(half), len(train)))
            return super().fit(train, seed=seed, context=context)
        return super().fit(half, seed=seed, context=context)


def test_a_family_that_resumes_otherwise_is_found(tmp_path):
    assert check_resumption(Normal(), NormalSource(), tmp_path / "sound", 20) >= 3
    with pytest.raises(AssertionError, match=r"Forgetful: iteration 1 ends otherwise after \d+ interruptions"):
        check_resumption(Forgetful(), NormalSource(), tmp_path / "forgetful", 20)


@dataclass(frozen=True)
class Changing(Incomes):
    """A source of other data each time."""

    def prepare(self, directory, context):
        replace(SOURCE, seed=next(CALLS)).prepare(directory, context)


class Lossy(NumberDomain):
    """A domain whose samples lose all examples but one."""

    def generated(self, directory):
        return super().generated(directory).slice(0, 1)


class Short(Incomes):
    """A source of that domain."""

    def open(self, directory):
        return Lossy(directory)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [(Changing(), "Changing.prepare writes other files each time"), (Short(10, 10, 2), "Short opens 1 samples")],
)
def test_a_fault_of_a_source_is_told(source, sentence, tmp_path):
    with pytest.raises(AssertionError, match=sentence):
        check_source(source, folder=tmp_path)


@dataclass(frozen=True)
class Odd(RichestTenth):
    """A metric with a fault, chosen by name."""

    fault: str = ""
    asked: list[int] = field(default_factory=list, compare=False)
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})

    @property
    def about(self) -> str:
        return "" if self.fault == "about" else "samples of model_t"

    def score(self, evidence, *, seed, context) -> Mapping[str, float]:
        values = dict(super().score(evidence, seed=seed, context=context))
        if self.fault == "name":
            return {"other": 1.0}
        if self.fault == "type":
            return {name: np.ones(2) for name in values}
        if self.fault == "random":
            return {name: float(next(CALLS)) for name in values}
        return values


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("about", "Odd.about is empty"),
        ("name", "declares the values richest_tenth and measured other"),
        ("type", "cannot be recorded"),
        ("random", "measures other values each time"),
    ],
)
def test_a_fault_of_a_metric_is_told(fault, sentence, tmp_path):
    check_metric(Odd(), LogNormal(), source=SOURCE, folder=tmp_path)
    with pytest.raises(AssertionError, match=sentence):
        check_metric(Odd(fault), LogNormal(), source=SOURCE, folder=tmp_path)


class Unreal(Accumulate):
    def training_set(self, iteration):
        return Mixture([Share(0, 0.5)])


class Ahead(Accumulate):
    def training_set(self, iteration):
        return super().training_set(iteration + (iteration > 2))


class Random(Accumulate):
    def training_set(self, iteration):
        return super().training_set(iteration if iteration == 1 else 1 + next(CALLS) % 2)


class Twice(Accumulate):
    def training_set(self, iteration):
        return Mixture([Share(0)] if iteration == 1 else [Share(0, 0.5), Share(0, 0.5, start=0.5)])


@pytest.mark.parametrize(
    ("policy", "sentence"),
    [
        (Unreal(), "fits iteration 1 on"),
        (Ahead(), "asks for source 3, which model 3 has not generated yet"),
        (Random(), "Let it follow from the iteration"),
        (Twice(), "has two shares of one source"),
    ],
)
def test_a_fault_of_a_policy_is_told(policy, sentence):
    check_policy(Replace())
    with pytest.raises(AssertionError, match=sentence):
        check_policy(policy)


def test_the_checks_need_no_pytest():
    script = "import genloop.testing, sys; print('pytest' in sys.modules or 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"

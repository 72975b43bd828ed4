"""What the loop relies on in every family: determinism, exact amounts, honest identities, and resumption."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES, SOURCES

from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import all_steps, prepare
from genloop.experiment import Experiment
from genloop.families.neural import NeuralEstimator
from genloop.identity import canonical_json, describe
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Step
from genloop.store import MANIFEST, Store
from genloop.types import Context, Dataset, Domain, Progress, Refittable, Runtime, Source

CONTEXT = Context(Runtime(device="cpu", threads=1))


@dataclass(frozen=True)
class Family:
    """A family with a finished run, which also made its real data ready."""

    experiment: Experiment
    finished: Run

    @property
    def directory(self) -> Path:
        return self.finished.store.path(self.finished.record.source)

    @property
    def domain(self) -> Domain:
        return self.experiment.source.open(self.directory)

    @property
    def train(self) -> Any:
        return self.domain.prepared("train").slice(0, self.experiment.num_samples or 0)

    def fit(self, *, seed: int = 1, context: Context = CONTEXT) -> Any:
        return self.experiment.estimator.fit(self.train, seed=seed, context=context)


@pytest.fixture(scope="module", params=CASES)
def family(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, store_dir: Path) -> Family:
    experiment, directory = CASES[request.param](), tmp_path_factory.mktemp(request.param)
    return Family(experiment, run(experiment, directory, store_dir=store_dir, runtime=CONTEXT.runtime))


def _saved(thing: Any, directory: Path) -> dict[str, bytes]:
    directory.mkdir()
    thing.save(directory)
    return _contents(directory)


def _contents(directory: Path) -> dict[str, bytes]:
    files = {path.relative_to(directory): path for path in directory.rglob("*") if path.is_file()}
    return {str(name): path.read_bytes() for name, path in files.items() if name.name != MANIFEST}


def test_fitting_twice_gives_the_same_model(family, tmp_path):
    before = describe(family.experiment.estimator)
    assert _saved(family.fit(), tmp_path / "a") == _saved(family.fit(), tmp_path / "b")
    assert describe(family.experiment.estimator) == before


def test_preparing_twice_gives_the_same_data(family, tmp_path):
    family.experiment.source.prepare(tmp_path, CONTEXT)
    assert _contents(tmp_path) == _contents(family.directory)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_preparing_a_source_twice_gives_the_same_data(source: Source, tmp_path: Path):
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        source.prepare(tmp_path / name, CONTEXT)
    assert _contents(tmp_path / "first") == _contents(tmp_path / "second")
    domain = source.open(tmp_path / "first")
    assert len(domain.prepared("train")) > len(domain.prepared("test")) > 0


def test_loaded_model_samples_as_the_saved_one(family, tmp_path):
    model = family.fit()
    _saved(model, tmp_path / "model")
    loaded = family.experiment.estimator.load(tmp_path / "model", family.domain, CONTEXT)
    plain = replace(family.experiment.estimator)  # what loads need not be the object that fitted
    again = plain.load(tmp_path / "model", family.domain, CONTEXT)
    samples = [_saved(m.sample(50, seed=3, context=CONTEXT), tmp_path / str(i)) for i, m in enumerate((loaded, again))]
    assert samples[0] == samples[1]
    assert loaded.status == "fitted"


def test_a_fit_goes_on_from_a_loaded_model_as_from_the_fitted_one(family, tmp_path):
    estimator = family.experiment.estimator
    if not isinstance(estimator, Refittable):
        pytest.skip("begins every fit anew")
    model = family.fit()
    _saved(model, tmp_path / "model")
    loaded = estimator.load(tmp_path / "model", family.domain, CONTEXT)
    from_fitted, from_loaded = (
        _saved(estimator.refit(start, family.train, seed=2, context=CONTEXT), tmp_path / name)
        for name, start in (("from fitted", model), ("from loaded", loaded))
    )
    assert from_fitted == from_loaded


def test_samples_have_the_asked_size_and_follow_from_the_seed(family, tmp_path):
    model = family.fit()
    for num in (1, 37):
        assert len(model.sample(num, seed=1, context=CONTEXT)) == num
    first, same, other = (
        _saved(model.sample(37, seed=seed, context=CONTEXT), tmp_path / name)
        for name, seed in (("first", 1), ("same", 1), ("other", 2))
    )
    assert first == same != other


def test_saved_samples_open_as_data(family, tmp_path):
    model = family.fit()
    model.sample(40, seed=1, context=CONTEXT).save(tmp_path)
    opened: Dataset = family.domain.generated(tmp_path)
    assert len(opened) == 40
    assert len(opened.slice(10, 25)) == 15
    union = opened.slice(0, 10).concat([opened.slice(10, 40).weighted(0.5), family.train.slice(0, 5)])
    assert len(union) == 45
    assert len(union.draw(20, seed=0)) == 20


def test_identities_are_plain_and_know_what_matters(family):
    estimator = family.experiment.estimator
    for identity in (estimator.fit_identity(100), estimator.sample_identity(), family.experiment.source.identity()):
        assert canonical_json(describe(identity)) == canonical_json(describe(json.loads(json.dumps(identity))))
        assert "device" not in canonical_json(describe(identity))


@pytest.fixture
def network(family: Family) -> Family:
    """A family of networks that takes one row a step, with rows of equal size."""
    estimator = family.experiment.estimator
    if not isinstance(estimator, NeuralEstimator):
        pytest.skip("trains no network")
    return replace(family, experiment=replace(family.experiment, estimator=replace(estimator, batch=1, epochs=1)))


def _halves(network: Family) -> tuple[Any, Any]:
    """Return two data sets of as many whole rows each."""
    train, estimator = network.train, network.experiment.estimator
    assert isinstance(estimator, NeuralEstimator)
    num_rows = estimator.num_rows(len(train))
    half = num_rows // 2 * (len(train) // num_rows)
    return train.slice(0, half), train.slice(half, 2 * half)


def test_an_example_weighs_the_same_in_every_batch(network):
    """Steps that change nothing: each loss is that of the equally weighted fit, times weight over mean weight.

    The mean over the epoch is then the weighted loss of all data, and its gradient the mean of those of the steps.
    """
    first, second = _halves(network)
    estimator = replace(network.experiment.estimator, learning_rate=1e-30)
    plain, weighted = (
        np.array(estimator.fit(first.concat([second.weighted(weight)]), seed=1, context=CONTEXT).record.losses)
        for weight in (1.0, 3.0)
    )
    num = len(plain) // 2
    assert np.sort(weighted / plain) == pytest.approx(num * [0.5] + num * [1.5], rel=1e-5)  # sums in float32


def test_an_example_of_weight_0_counts_for_nothing(network):
    """Whatever the other half of the examples is, the fit is the same to the bit, and has diverged nowhere."""
    first, second = _halves(network)
    fits = [
        network.experiment.estimator.fit(first.concat([others.weighted(0.0)]), seed=1, context=CONTEXT)
        for others in (first, second)
    ]
    weights = [[weight.tolist() for weight in fitted.network.parameters()] for fitted in fits]
    assert weights[0] == weights[1]
    assert fits[0].record == fits[1].record
    assert fits[0].status == "fitted"


def test_costs_grow_with_the_data(family):
    estimator = family.experiment.estimator
    for cost in (estimator.fit_cost, estimator.sample_cost):
        assert 0 < cost(1000, family.domain).examples < cost(10_000, family.domain).examples
        assert 0 < cost(1000, None).flops < cost(10_000, None).flops


def test_metrics_give_what_they_declare(family):
    finished = family.finished
    metrics = family.experiment.metrics
    expected = {name for metric in metrics for name in (value.name for value in metric.values)}
    assert {row.metric for row in finished.rows()} == expected
    assert "test_loss" in expected
    assert all(metric.about for metric in metrics)
    assert all(row.value is not None for row in finished.rows())


class _Interrupted(Exception):
    pass


class Interrupting(Silence):
    """Is interrupted at the given numbers of events, counted from the interruption before."""

    def __init__(self, moments: Iterator[int]) -> None:
        self._moments = moments
        self._remaining = next(moments)
        self.interruptions = 0

    def started(self, step: Step) -> None:
        self._tick()

    def progressed(self, step: Step, progress: Progress) -> None:
        assert 0 <= progress.done <= progress.total
        self._tick()

    def _tick(self) -> None:
        self._remaining -= 1
        if self._remaining == 0:
            self._remaining = next(self._moments, 0)
            self.interruptions += 1
            raise _Interrupted


def test_interrupted_steps_end_as_uninterrupted_ones(family, tmp_path):
    whole, store = family.finished, Store(tmp_path / "cut" / "store").open()
    executor = LocalExecutor(Runtime(device="cpu", threads=1, checkpoint_seconds=0))
    tell = Interrupting(iter([2, 3, 5, 7, 11, 13]))
    for _ in range(20):
        try:
            executor.run(all_steps(prepare(family.experiment, store, executor, tell)), store, tell)
            break
        except _Interrupted:
            continue
    assert tell.interruptions
    cut = run(family.experiment, tmp_path / "cut", runtime=CONTEXT.runtime)
    assert list(cut.rows()) == list(whole.rows())
    for item in whole.record.iterations:
        for key in (item.model, item.samples):
            assert cut.store.find(key).files == whole.store.find(key).files  # type: ignore[union-attr]

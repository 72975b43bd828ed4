"""Steps are flat: what they cost to name, compare, print and hand on does not explode with the loop behind them."""

import pickle
import random
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from toys import NormalLoss, SampleMean, experiment

import genloop.loop
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import all_steps, prepare
from genloop.executors.results import StoredResults
from genloop.identity import canonical_json, describe
from genloop.loop import Iteration, plan_iterations, unroll
from genloop.policies import Accumulate, Policy, Replace, Window
from genloop.report.live.works import step_labels
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.steps import Data, Generated, Sample
from genloop.steps.step import Facts, KeyedStep, Opened
from genloop.store import Store
from genloop.types import Context, Dataset

LONG = 2000  # iterations


def loop(num: int, policy: Policy) -> list[Iteration]:
    return list(unroll(experiment(policies=(policy,), num_iterations=num), policy, 0, 20))


def test_a_long_accumulation_is_planned_printed_hashed_and_pickled_in_seconds():
    """2,000 iterations name 2 million parts, which took longer than a lifetime; here 40 s of a slow machine."""
    began = time.process_time()
    rounds = loop(LONG, Accumulate())
    steps = [step for item in rounds for step in item.steps]
    random.Random(0).shuffle(steps)
    assert len({step.key for step in steps}) == len(set(steps)) == len(steps)
    assert max(len(repr(step)) for step in steps) < 100
    last = rounds[-1]
    assert last.model == pickle.loads(pickle.dumps(last.model))
    assert time.process_time() - began < 40


@pytest.mark.parametrize("policy", [Replace(), Accumulate(), Window(3)], ids=lambda policy: type(policy).__name__)
def test_a_pickled_step_is_no_longer_than_its_own_description(policy):
    """A training set of n parts takes n of them, a window or a replacing loop the same at every iteration."""
    sizes = [
        {type(step).__name__: len(pickle.dumps(step)) for step in loop(num, policy)[-1].steps} for num in (50, 100)
    ]
    limit = 2.2 if policy == Accumulate() else 1.1
    assert all(sizes[1][kind] <= limit * sizes[0][kind] for kind in sizes[0])


def test_keys_in_any_order_are_those_in_order():
    ordered = [step.key for item in loop(400, Replace()) for step in item.steps]
    again = [step for item in loop(400, Replace()) for step in item.steps]
    assert [step.key for step in reversed(again)] == ordered[::-1]


def test_steps_compare_and_hash_by_key():
    one, two = loop(3, Accumulate()), loop(3, Accumulate())
    assert [item.steps for item in one] == [item.steps for item in two]
    assert len({step for item in one + two for step in item.steps}) == sum(len(item.steps) for item in one)
    assert one[0].model != one[0].model.result
    assert one[0].model.key in repr(one[0].model)


def test_a_training_set_is_described_as_it_is_written():
    """The text that enters keys is the canonical one of the description, whatever the numbers look like."""
    for policy in (Accumulate(), genloop.Mix(0.15), genloop.AccumulateSubsample(), genloop.Fresh(0.3)):
        for item in loop(4, policy):
            assert item.train.canonical_json() == canonical_json(describe(item.train))


def test_any_step_is_computed_by_whoever_holds_its_pickle(tmp_path):
    """Each step is pickled, opened by itself, and computed on a store that holds what it needs: equal to the run."""
    expected = list(run(experiment(), tmp_path / "whole").rows())
    store, executor = Store(tmp_path / "parts" / "store").open(), LocalExecutor()
    for step in all_steps(prepare(experiment(), store, executor, Silence())):
        executor.run([pickle.loads(pickle.dumps(step))], store, Silence())
    assert list(run(experiment(), tmp_path / "parts").rows()) == expected


def test_needs_are_all_that_a_step_reads(tmp_path):
    """A store that holds the results of a step's needs, and nothing else, is enough to compute it."""
    whole = Store(tmp_path / "whole" / "store")
    metrics = (NormalLoss(), SampleMean())
    run(experiment(metrics=metrics), tmp_path / "whole")
    for number, step in enumerate(all_steps(prepare(experiment(metrics=metrics), whole, LocalExecutor(), Silence()))):
        alone = Store(tmp_path / f"alone{number}").open()
        for key in step.needs:
            (alone.root / key).symlink_to(whole.path(key))
        LocalExecutor().run([step], alone, Silence())
        assert alone.find(step.key).files == whole.find(step.key).files  # type: ignore[union-attr]


@dataclass(frozen=True, eq=False, repr=False)
class Curate(KeyedStep):
    """Keep the larger half of a pool: a kind of step that nobody but its own file and the loop knows of."""

    kind: ClassVar[str] = "curate"

    pool: Generated

    @property
    def inputs(self) -> Any:
        return {"pool": self.pool.key}

    @property
    def needs(self) -> tuple[str, ...]:
        return (self.pool.real.key, self.pool.key)

    @property
    def result(self) -> Generated:
        return Generated(self.key, self.pool.num // 2, self.pool.iteration, self.pool.real)

    def make(self, opened: Opened, context: Context) -> Dataset:
        pool: Any = opened.open(self.pool)
        return type(pool).of(sorted(pool.values)[-(len(pool) // 2) :])

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        kept = self.make(opened, context)
        kept.save(out)
        return {"num": len(kept), "acceptance": 0.5}


@dataclass(frozen=True)
class CuratedIteration(Iteration):
    @property
    def steps(self) -> tuple[Any, ...]:
        return (self.model, self.samples, Curate(self.samples.result), *self.scores, *self.noise_floor)


def curated_unroll(*args: Any, **settings: Any) -> Any:
    """The loop with a curation between what is sampled and what is trained on."""
    sources: list[Data] = []
    for item in unroll(*args, **settings):
        parts = tuple(replace(part, data=sources[part.data.iteration - 1]) for part in item.train.parts if sources)
        model = replace(item.model, train=replace(item.train, parts=parts)) if sources else item.model
        samples = Sample(model.result, 2 * item.samples.num, item.samples.seed)
        scores = tuple(replace(score, model=model.result, samples=samples.result) for score in item.scores)
        yield CuratedIteration(item.policy, item.seed, item.number, model, samples, scores, item.noise_floor)
        sources.append(Curate(samples.result).result)


def test_a_new_kind_of_step_touches_its_own_file_and_the_loop(tmp_path, monkeypatch):
    """Executor, plan, record, labels and resumption take a step that they have never heard of."""
    monkeypatch.setattr(genloop.loop, "unroll", curated_unroll)
    settings = experiment(policies=(Replace(),), metrics=(SampleMean(),))
    found = run(settings, tmp_path)
    assert found.is_complete()
    curated = [key for item in found.record.iterations for key in item.steps if key.startswith("curate-")]
    assert len(curated) == 3
    assert all(found.manifest(key).facts["acceptance"] == 0.5 for key in curated)  # type: ignore[union-attr]
    assert [label for label in step_labels(found.record).values() if "curate" in label] == [
        f"replace {number} · curate" for number in (1, 2, 3)
    ]
    means = {row.iteration: row.value for row in Run(tmp_path).rows()}
    assert means[1] < means[2] < means[3]  # type: ignore[operator]  # the larger half, again and again

    opened = StoredResults(found.store, Context())
    first = plan_iterations(settings, 60)[0]
    pool = opened.open(first.samples.result)
    kept = opened.open(Curate(first.samples.result).result)
    assert sorted(pool.values)[-len(kept) :] == list(kept.values)

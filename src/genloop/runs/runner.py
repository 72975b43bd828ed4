"""Runs or resumes an experiment in a folder."""

from collections.abc import Sequence
from pathlib import Path

from genloop.disk_errors import report_disk_errors
from genloop.executors.executor import Executor, Listener, Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import all_steps, manifest_of, plan, prepare
from genloop.experiment import Experiment
from genloop.experiment_file import to_dict
from genloop.loop import Iteration
from genloop.policy_text import policy_name
from genloop.runs.citing import citations_of
from genloop.runs.portion import Portion
from genloop.runs.record import Ingredient, RecordedIteration, Run, RunRecord, write_record
from genloop.runs.stores import store_at
from genloop.steps import Part
from genloop.store import Store
from genloop.types import Runtime


def run(
    experiment: Experiment,
    directory: Path | str,
    *,
    store_dir: Path | str | Store | None = None,
    runtime: Runtime | None = None,
    listener: Listener | None = None,
    executor: Executor | None = None,
    portion: Portion | None = None,
) -> Run:
    """Compute what is missing of an experiment and return its results.

    Args:
        experiment: what to compute.
        directory: the run's folder; a second call with the same folder resumes, or does nothing.
        store_dir: where results are kept: a folder, by default inside the run's, or the address of an object store,
            such as `s3://bucket/prefix`. Runs may share a store.
        runtime: where to compute; changes no result.
        listener: is told what happens.
        executor: computes the steps; by default this process does, with `runtime`.
        portion: of the loops, where other processes compute the others; they share a store, and each writes the
            record of the whole run.

    Raises:
        UserError: if the data, a policy or the disk stand in the way; finished steps are kept.
    """
    directory = Path(directory)
    store = (store_dir if isinstance(store_dir, Store) else store_at(store_dir, directory)).open()
    executor, tell = executor or LocalExecutor(runtime or Runtime()), listener or Silence()
    iterations = prepare(experiment, store, executor, tell)
    with report_disk_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        write_record(directory, _record(experiment, store, iterations, directory))
    if mine := portion.of_run(iterations) if portion else iterations:
        planned = plan(mine, store, tell)
        tell.planned(planned)
        executor.run(all_steps(mine), store, tell, seconds=planned.seconds)
    return Run(directory)


def _record(experiment: Experiment, store: Store, iterations: Sequence[Iteration], directory: Path) -> RunRecord:
    real = iterations[0].train.real
    prepared = manifest_of(real, store)
    inside = store.root.resolve().is_relative_to(directory.resolve())
    place = store.root.resolve().relative_to(directory.resolve()) if inside else store.root.resolve()
    return RunRecord(
        name=experiment.name,
        experiment=to_dict(experiment),
        store_dir=str(place),
        source=real.key,
        unit=prepared.said("unit"),
        num_samples=experiment.num_samples or prepared.count("num_train"),
        iterations=tuple(map(_recorded, iterations)),
        citations=citations_of(experiment),
    )


def _recorded(iteration: Iteration) -> RecordedIteration:
    train = iteration.model.train
    return RecordedIteration(
        policy=policy_name(iteration.policy),
        seed=iteration.seed,
        iteration=iteration.number,
        model=iteration.model.key,
        samples=iteration.samples.key,
        scores=tuple(score.key for score in iteration.scores),
        train=tuple(map(_ingredient, train.parts)),
        drawn=train.draw.num if train.draw else None,
        noise_floor=tuple(score.key for score in iteration.noise_floor),
        steps=tuple(step.key for step in iteration.steps),
    )


def _ingredient(part: Part) -> Ingredient:
    return Ingredient(part.data.origin, part.data.key, part.stop - part.start, part.weight)

"""Computes the loops of a table or figure in one store, and writes what they show.

All loops of a folder share one store, so whatever two of them have in common, such as a first fit, is computed once,
and a second call only reads.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import manifest_of, plan
from genloop.experiment import Experiment
from genloop.loop import Iteration, plan_iterations
from genloop.report.tables import plan_summary
from genloop.runs.runner import run
from genloop.steps import Prepare
from genloop.store import Manifest
from genloop.study.claims import Reproduction
from genloop.study.computation import Computation, command_line
from genloop.study.grid import Grid
from genloop.study.loops import Loop, Scale
from genloop.study.page import write_pages
from genloop.study.request import Request
from genloop.study.study import Study


def compute(
    target: str,
    title: str,
    loops: Iterable[Loop],
    scale: Scale,
    request: Request,
    present: Callable[[Study], Reproduction],
) -> Reproduction:
    """Compute what is missing of all loops, and write and return what they show.

    Args:
        target: names the files.
        title: what is reproduced.
        loops: what to compute; equal ones are computed once.
        scale: how large.
        request: where, and how.
        present: turns the results into claims, tables and figures.
    """
    study = Study(target, title, tuple(dict.fromkeys(loops)), scale, request, request.directory(scale.name))
    store, executor = study.store.open(), request.executor or LocalExecutor(request.runtime)
    step = Prepare(scale.source)
    executor.run([step], store, request.listener)
    real = manifest_of(step, store)
    experiments = {loop: loop.experiment(scale, real.count("num_train"), request.seeds) for loop in study.loops}
    if request.only_plan:
        rounds = _rounds(experiments.values(), step, real)
        planned = plan(rounds, store, request.listener)
        return Reproduction(title, (), notes=(plan_summary(planned, real.said("unit")),), plan=planned)

    for number, (loop, experiment) in enumerate(experiments.items(), start=1):
        request.announce(f"{number} of {len(experiments)}: {loop.label}")
        run(
            experiment, study.run_dir(loop), store_dir=store, executor=executor,
            listener=request.listener,
        )  # fmt: skip
    found = replace(present(study), computation=_computation(study))
    return write_pages(found, study.directory, {"scale": scale.name, "loops": list(_measured(study))})


def _rounds(experiments: Iterable[Experiment], real: Prepare, prepared: Manifest) -> list[Iteration]:
    """Return the rounds of all experiments, which share their real data."""
    num_train, num_test = prepared.count("num_train"), prepared.count("num_test")
    return [
        iteration
        for experiment in experiments
        for iteration in plan_iterations(experiment, num_train, real, num_test=num_test)
    ]


def _computation(study: Study) -> Computation:
    """Return the command, the settings of every loop, and how long every step took."""
    settings = {loop.label: loop.settings(study.run(loop)) for loop in study.loops}
    names = next(iter(settings.values()))
    lines = [(label, *(each[name] for name in names)) for label, each in settings.items()]
    return Computation(
        target=study.target,
        command=command_line(study.target, study.request, study.scale.name),
        about=study.scale.about,
        seconds=dict(_seconds(study)),
        settings=Grid("Settings", ("loop", *names), lines),
    )


def _seconds(study: Study) -> Iterator[tuple[str, float]]:
    """Iterate over all steps, by key, and how long each took."""
    for loop in study.loops:
        run = study.run(loop)
        for item in run.record.iterations:
            for key in (run.record.source, *item.steps):
                if manifest := run.store.peek(key):
                    yield key, manifest.elapsed_seconds


def _measured(study: Study) -> Iterator[Mapping[str, Any]]:
    """Iterate over the loops with all their numbers, as plain values."""
    for loop in study.loops:
        run = study.run(loop)
        rows = [row.plain() for row in run.rows()]
        yield {"name": loop.name, "experiment": run.record.experiment, "rows": rows}

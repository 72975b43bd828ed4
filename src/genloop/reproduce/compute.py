"""Computes the loops of a table or figure in one store, and writes what they show.

All loops of a folder share one store, so whatever two of them have in common, such as a first fit, is computed once,
and a second call only reads.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from genloop.executors.local import LocalExecutor
from genloop.experiment import Experiment
from genloop.loop import plan_iterations
from genloop.report.tables import plan_summary
from genloop.reproduce.claims import Reproduction
from genloop.reproduce.loops import Loop, Scale
from genloop.reproduce.page import write_pages
from genloop.reproduce.request import Request
from genloop.reproduce.study import Study
from genloop.runner import run
from genloop.steps import Prepare
from genloop.store import Store


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
    executor = LocalExecutor(Store(study.store_dir).open(), request.runtime, request.listener)
    real = executor.compute(Prepare(scale.source)).facts
    experiments = {loop: loop.experiment(scale, real["num_train"], request.seeds) for loop in study.loops}
    if request.only_plan:
        return Reproduction(title, (), notes=(_plan(experiments.values(), real, executor),))

    for number, (loop, experiment) in enumerate(experiments.items(), start=1):
        request.announce(f"{number} of {len(experiments)}: {loop.label}")
        run(
            experiment, study.run_dir(loop), store_dir=study.store_dir, runtime=request.runtime,
            listener=request.listener,
        )  # fmt: skip
    found = present(study)
    return replace(found, pages=write_pages(study, found))


def _plan(experiments: Iterable[Experiment], real: Mapping[str, Any], executor: LocalExecutor) -> str:
    """Return what is left to do of all experiments, in one sentence; what they share counts once."""
    iterations = [
        iteration
        for experiment in experiments
        for iteration in plan_iterations(experiment, real["num_train"], Prepare(experiment.source))
    ]
    return plan_summary(executor.plan(iterations), real["unit"])

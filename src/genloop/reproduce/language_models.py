"""Computes the loops of a table or figure of language models in one store, and writes what they show.

All loops of a folder share one store, so whatever two of them have in common, such as a first fit, is computed once,
and a second call only reads.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from genloop.executors.local import LocalExecutor
from genloop.experiment import Experiment
from genloop.loop import plan_iterations
from genloop.report.tables import plan_summary
from genloop.reproduce.claims import Reproduction
from genloop.reproduce.loops import Loop
from genloop.reproduce.page import write_pages
from genloop.reproduce.request import Request
from genloop.reproduce.scales import find_scale
from genloop.reproduce.study import Study
from genloop.runner import run
from genloop.steps import Prepare
from genloop.store import Store


def reproduce(
    target: str, title: str, loops: Iterable[Loop], request: Request, present: Callable[[Study], Reproduction]
) -> Reproduction:
    """Compute what is missing of all loops, and write and return what they show.

    Args:
        target: names the files.
        title: what is reproduced.
        loops: what to compute; equal ones are computed once.
        request: where, at what scale, and how.
        present: turns the results into claims, tables and figures.
    """
    scale = find_scale(request)
    study = Study(target, title, tuple(dict.fromkeys(loops)), scale, request, request.directory(scale.name))
    executor = LocalExecutor(Store(study.store_dir).open(), request.runtime, request.listener)
    num_real = executor.compute(Prepare(study.scale.source)).facts["num_train"]
    experiments = {loop: loop.experiment(study.scale, num_real, request.seeds) for loop in study.loops}
    if request.only_plan:
        return Reproduction(title, (), notes=(_plan(experiments.values(), num_real, executor),))

    for number, (loop, experiment) in enumerate(experiments.items(), start=1):
        request.announce(f"{number} of {len(experiments)}: {loop.label}")
        run(
            experiment, study.run_dir(loop), store_dir=study.store_dir, runtime=request.runtime,
            listener=request.listener,
        )  # fmt: skip
    found = present(study)
    return replace(found, pages=write_pages(study, found))


def _plan(experiments: Iterable[Experiment], num_real: int, executor: LocalExecutor) -> str:
    """Return what is left to do of all experiments, in one sentence; what they share counts once."""
    iterations = [
        iteration
        for experiment in experiments
        for iteration in plan_iterations(experiment, num_real, Prepare(experiment.source))
    ]
    return plan_summary(executor.plan(iterations), "token")

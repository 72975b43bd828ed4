"""What comes before the steps of a run: its real data are made ready, and its rounds are planned."""

import math
from collections.abc import Iterable, Sequence

from genloop.executors.executor import Executor, Listener
from genloop.executors.results import find
from genloop.experiment import Experiment
from genloop.loop import Iteration, check_policies, plan_iterations, size_remark
from genloop.plan import Plan, different_steps, make_plan
from genloop.requirements import check_needs
from genloop.steps import Prepare, Step
from genloop.steps.step import HasKey
from genloop.store import Manifest, Store
from genloop.types import Context


def prepare(experiment: Experiment, store: Store, executor: Executor, tell: Listener) -> list[Iteration]:
    """Make the real data ready and return the rounds of the run; nothing is fitted.

    Raises:
        UserError: if the data are unusable, a policy asks for more than its sources hold, or a model or a metric does
            not suit the data.
    """
    check_policies(experiment, math.inf)
    for remark in experiment.remarks:
        tell.warned(remark)
    real = Prepare(experiment.source)
    executor.run([real], store, tell)
    found = manifest_of(real, store)
    iterations = plan_iterations(experiment, found.count("num_train"), real, num_test=found.count("num_test"))
    domain = real.load(store.path, Context())
    check_needs(iterations, domain.prepared("train"), domain.prepared("test"))
    if remark := size_remark(iterations, experiment.num_samples or found.count("num_train"), found.said("unit")):
        tell.warned(remark)
    return iterations


def manifest_of(step: HasKey, store: Store) -> Manifest:
    """Return the manifest of a step that is done."""
    manifest = store.find(step.key)
    assert manifest, f"{step.key} is not computed"
    return manifest


def plan(iterations: Sequence[Iteration], store: Store, tell: Listener) -> Plan:
    """Return what is done, what is missing, and what that will take."""
    domain = iterations[0].train.real.load(store.path, Context())
    return make_plan(iterations, lambda step: find(step, store, tell), domain)


def all_steps(iterations: Iterable[Iteration]) -> list[Step]:
    """Return the different steps of a run, in the order in which they are computed."""
    return [step for step, _ in different_steps(iterations)]

"""What a run will compute and what that will take, before it is computed."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from statistics import median

from genloop.loop import Iteration
from genloop.steps import Fit, Sample, Step
from genloop.store import Manifest
from genloop.types import Cost

# Share of the measured matrix-multiplication rate that a step is assumed to reach until one has been measured here.
ASSUMED_EFFICIENCY = {"fit": 0.5, "sample": 0.2}
SCORE_SECONDS = 1.0  # scores are short; without a cost model this keeps them visible


@dataclass(frozen=True)
class PlannedStep:
    """One step of a run.

    Attributes:
        step: what is computed.
        iteration: the first round that asks for it.
        is_done: whether the store holds its result.
        cost: what it takes.
        seconds: how long it took, or is estimated to take.
    """

    step: Step
    iteration: Iteration
    is_done: bool
    cost: Cost
    seconds: float


@dataclass(frozen=True)
class Plan:
    """All different steps of a run, in the order in which they are computed."""

    steps: tuple[PlannedStep, ...]

    @property
    def missing(self) -> tuple[PlannedStep, ...]:
        return tuple(planned for planned in self.steps if not planned.is_done)

    @property
    def seconds_left(self) -> float:
        return sum(planned.seconds for planned in self.missing)


def make_plan(iterations: Iterable[Iteration], find: Callable[[Step], Manifest | None], prepared_dir: Path) -> Plan:
    """Return the plan of a run.

    Args:
        iterations: rounds of all policies and seeds.
        find: returns the manifest of a finished step, or None.
        prepared_dir: where the real data were prepared.
    """
    different: dict[str, tuple[Step, Iteration]] = {}
    for iteration in iterations:
        for step in iteration.steps:
            different.setdefault(step.key, (step, iteration))
    items = [(step, iteration, find(step), step_cost(step, prepared_dir)) for step, iteration in different.values()]
    rates = _rates([(step, manifest, cost) for step, _, manifest, cost in items])
    return Plan(
        tuple(
            PlannedStep(step, iteration, manifest is not None, cost, _seconds(step, manifest, cost, rates))
            for step, iteration, manifest, cost in items
        )
    )


def step_cost(step: Step, prepared_dir: Path) -> Cost:
    """Return what a step takes; scores count as free."""
    if isinstance(step, Fit):
        return step.estimator.fit_cost(step.train.num_examples, prepared_dir)
    if isinstance(step, Sample):
        return step.model.estimator.sample_cost(step.num, prepared_dir)
    return Cost()


def _seconds(step: Step, manifest: Manifest | None, cost: Cost, rates: dict[str, float]) -> float:
    if manifest is not None:
        return manifest.elapsed_seconds
    return cost.flops / rates[step.kind] if step.kind in rates else SCORE_SECONDS


def _rates(items: list[tuple[Step, Manifest | None, Cost]]) -> dict[str, float]:
    """Return FLOP/s of fits and samples: as measured in finished steps, else assumed from a matrix product."""
    rates: dict[str, float] = {}
    for kind, efficiency in ASSUMED_EFFICIENCY.items():
        done = [
            (cost.flops, manifest.elapsed_seconds) for step, manifest, cost in items if manifest and step.kind == kind
        ]
        if sum(seconds for _, seconds in done) > 1:
            rates[kind] = sum(flops for flops, _ in done) / sum(seconds for _, seconds in done)
        elif any(manifest is None and step.kind == kind for step, manifest, _ in items):
            rates[kind] = efficiency * matrix_rate()
    return rates


@lru_cache
def matrix_rate(size: int = 1024, repeats: int = 5) -> float:
    """Return the measured rate of float32 matrix products on this machine's CPU, in FLOP/s."""
    import numpy as np  # late, as the rest of the package starts without it

    matrix = np.ones((size, size), np.float32)
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        np.matmul(matrix, matrix)
        times.append(time.perf_counter() - start)
    return 2 * size**3 / median(times)

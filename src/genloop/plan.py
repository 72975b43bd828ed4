"""What a run will compute and what that will take, before it is computed."""

import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import median

from genloop.loop import Iteration
from genloop.steps import Step
from genloop.store import Manifest
from genloop.types import Cost, Domain

UNKNOWN_SECONDS = 1.0  # of a step that tells no operations, as scores do not, until one of its kind is finished

_Item = tuple[Step, Manifest | None, Cost]


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
    def seconds(self) -> dict[str, float]:
        """How long the steps took, or are estimated to take, by key."""
        return {planned.step.key: planned.seconds for planned in self.steps}

    @property
    def seconds_left(self) -> float:
        return sum(planned.seconds for planned in self.missing)


def different_steps(iterations: Iterable[Iteration]) -> list[tuple[Step, Iteration]]:
    """Return the different steps of a run, in the order in which they are computed, with the first round that asks."""
    different: dict[str, tuple[Step, Iteration]] = {}
    for iteration in iterations:
        for step in iteration.steps:
            different.setdefault(step.key, (step, iteration))
    return list(different.values())


def make_plan(iterations: Iterable[Iteration], find: Callable[[Step], Manifest | None], domain: Domain) -> Plan:
    """Return the plan of a run.

    Args:
        iterations: rounds of all policies and seeds.
        find: returns the manifest of a finished step, or None.
        domain: of the real data, which are prepared.
    """
    different = different_steps(iterations)
    steps = [step for step, _ in different]
    items = [(step, find(step), cost) for step, cost in zip(steps, _costs(steps, domain), strict=True)]
    planned = zip(items, different, _seconds(items), strict=True)
    return Plan(
        tuple(
            PlannedStep(step, iteration, manifest is not None, cost, seconds)
            for (step, manifest, cost), (_, iteration), seconds in planned
        )
    )


def _costs(steps: Iterable[Step], domain: Domain) -> Iterator[Cost]:
    """Iterate over what the steps take; equal workloads are asked for once, as a family may open files to answer."""
    known: dict[Hashable, Cost] = {}
    for step in steps:
        if step.workload not in known:
            known[step.workload] = step.cost(domain)
        yield known[step.workload]


def _seconds(items: Sequence[_Item]) -> Iterator[float]:
    """Iterate over what the steps took or will take: by their operations, or as long as others of their kind."""
    rates, typical = _rates(items), _typical_seconds(items)
    for step, manifest, cost in items:
        if manifest:
            yield manifest.elapsed_seconds
        elif cost.flops:
            yield cost.flops / rates[step.kind]
        else:
            yield typical.get(step.kind, UNKNOWN_SECONDS)


def _rates(items: Sequence[_Item]) -> dict[str, float]:
    """Return FLOP/s by kind: as measured in finished steps, else assumed from a matrix product."""
    rates: dict[str, float] = {}
    for kind, efficiency in {step.kind: step.efficiency for step, _, _ in items}.items():
        counted = [(manifest, cost.flops) for step, manifest, cost in items if step.kind == kind and cost.flops]
        done = [(flops, manifest.elapsed_seconds) for manifest, flops in counted if manifest]
        if sum(seconds for _, seconds in done) > 1:
            rates[kind] = sum(flops for flops, _ in done) / sum(seconds for _, seconds in done)
        elif len(done) < len(counted):
            rates[kind] = efficiency * matrix_rate()
    return rates


def _typical_seconds(items: Iterable[_Item]) -> dict[str, float]:
    """Return the median of what finished steps of each kind took."""
    taken: dict[str, list[float]] = defaultdict(list)
    for step, manifest, _ in items:
        if manifest:
            taken[step.kind].append(manifest.elapsed_seconds)
    return {kind: median(seconds) for kind, seconds in taken.items()}


@lru_cache
def matrix_rate(size: int = 1024, repeats: int = 5) -> float:
    """Return the measured rate of float32 matrix products on this machine's CPU, in FLOP/s."""
    import numpy as np  # late, as the rest of the package starts without it

    matrix = np.ones((size, size), np.float32)
    times: list[float] = []
    for _ in range(repeats):
        start = time.perf_counter()
        np.matmul(matrix, matrix)
        times.append(time.perf_counter() - start)
    return 2 * size**3 / median(times)

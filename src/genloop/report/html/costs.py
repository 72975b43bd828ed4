"""What a run has taken so far: time as measured, operations as its estimator counts them, steps that were shared."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from genloop.report.html.recorded_experiment import recorded_experiment
from genloop.runs.record import Run
from genloop.types import Cost as StepCost


@dataclass(frozen=True)
class Spent:
    """What finished steps have taken.

    Attributes:
        num_fits: models fitted.
        fitted: examples that the fits processed, repeats included; None where the estimator cannot be asked.
        sampled: examples that the models generated.
        flops: floating-point operations of fits and samples; None as above.
        seconds: measured, by kind of step.
    """

    num_fits: int
    fitted: int | None
    sampled: int
    flops: float | None
    seconds: Mapping[str, float]

    @property
    def total_seconds(self) -> float:
        return sum(self.seconds.values())


@dataclass(frozen=True)
class Costs:
    """What a run has taken.

    Attributes:
        policies: what each policy would have taken alone, all seeds together.
        together: what was computed, each step once, the preparation of the real data included.
        num_asked: finished steps that the policies and seeds name together.
        num_different: of them, those that are different, and were computed.
        saved_seconds: time that the others would have taken.
        problem: why operations are unknown; empty if they are known.
    """

    policies: dict[str, Spent]
    together: Spent
    num_asked: int
    num_different: int
    saved_seconds: float
    problem: str


def costs(run: Run) -> Costs:
    """Return what a run has taken so far."""
    ledger = _Ledger(run)
    asked = [step for item in run.record.iterations for step in item.steps if ledger.is_done(step)]
    by_policy: dict[str, list[str]] = {}
    for item in run.record.iterations:
        by_policy.setdefault(item.policy, []).extend(item.steps)
    together = ledger.cost([run.record.source, *asked])
    return Costs(
        {policy: ledger.cost(steps) for policy, steps in by_policy.items()},
        together,
        len(asked),
        len(set(asked)),
        sum((times - 1) * ledger.seconds(step) for step, times in Counter(asked).items()),
        ledger.problem,
    )


class _Ledger:
    """What the steps of a run have taken, as their manifests say; results themselves are not read."""

    def __init__(self, run: Run) -> None:
        keys = {key for item in run.record.iterations for key in item.steps} | {run.record.source}
        found = {key: run.store.peek(key) for key in keys}
        self._manifests = {key: manifest for key, manifest in found.items() if manifest}
        self._rounds = {step: item for item in run.record.iterations for step in (item.model, item.samples)}
        recorded = recorded_experiment(run)
        self._experiment, self.problem = recorded.experiment, recorded.problem
        is_prepared = run.record.source in self._manifests
        source = self._experiment.source if self._experiment and is_prepared else None
        self._domain = (
            source.open(run.store.path(run.record.source)) if source and run.manifest(run.record.source) else None
        )

    def is_done(self, step: str) -> bool:
        return step in self._manifests

    def seconds(self, step: str) -> float:
        return self._manifests[step].elapsed_seconds

    def cost(self, steps: Iterable[str]) -> Spent:
        """Return what different steps have taken; those that are not done count for nothing."""
        done = [step for step in dict.fromkeys(steps) if step in self._manifests]
        seconds: dict[str, float] = defaultdict(float)
        for step in done:
            seconds[step.partition("-")[0]] += self.seconds(step)
        fits = [step for step in done if step.startswith("fit-")]
        samples = [step for step in done if step.startswith("sample-")]
        sampled = sum(self._manifests[step].count("num") for step in samples)
        if self._experiment is None:
            return Spent(len(fits), None, sampled, None, seconds)
        of_fits = [self._fit_cost(step) for step in fits]
        flops = sum(cost.flops for cost in [*of_fits, *map(self._sample_cost, samples)])
        return Spent(len(fits), sum(cost.examples for cost in of_fits), sampled, flops, seconds)

    def _fit_cost(self, step: str) -> StepCost:
        assert self._experiment is not None
        estimator = self._experiment.estimator_at(self._rounds[step].iteration)
        return estimator.fit_cost(self._manifests[step].count("num_train"), self._domain)

    def _sample_cost(self, step: str) -> StepCost:
        assert self._experiment is not None
        estimator = self._experiment.estimator_at(self._rounds[step].iteration)
        return estimator.sample_cost(self._manifests[step].count("num"), self._domain)

"""Computes steps on this machine: in this process, one after the other, or side by side in several."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from genloop.errors import UserError
from genloop.executors.executor import Listener
from genloop.executors.results import compute
from genloop.executors.side_by_side import run_side_by_side
from genloop.steps import Step
from genloop.store import Store
from genloop.types import Runtime


@dataclass(frozen=True)
class LocalExecutor:
    """Computes steps on this machine.

    Attributes:
        runtime: device, threads of each process, how often to checkpoint.
        jobs: steps at once, each in a process of its own, where it is more than 1; they share the processors unless
            `runtime` says how many threads each has. Results are those of one after the other with as many threads.

    Raises:
        UserError: if `jobs` is not positive.
    """

    runtime: Runtime = field(default_factory=Runtime)
    jobs: int = 1

    def __post_init__(self) -> None:
        if self.jobs < 1:
            raise UserError(f"jobs={self.jobs} computes nothing. Give 1 or more.")

    def run(
        self, steps: Iterable[Step], store: Store, tell: Listener, *, seconds: Mapping[str, float] | None = None
    ) -> None:
        steps = list(steps)
        if min(self.jobs, len(steps)) > 1:
            run_side_by_side(steps, store, self.runtime, tell, jobs=self.jobs, seconds=seconds or {})
        else:
            for step in steps:
                compute(step, store, self.runtime, tell)

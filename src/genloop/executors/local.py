"""Computes steps in this process, one after the other."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from genloop.executors.executor import Listener
from genloop.executors.results import compute
from genloop.steps import Step
from genloop.store import Store
from genloop.types import Runtime


@dataclass(frozen=True)
class LocalExecutor:
    """Computes steps in this process.

    Attributes:
        runtime: device, threads, how often to checkpoint.
    """

    runtime: Runtime = field(default_factory=Runtime)

    def run(self, steps: Iterable[Step], store: Store, tell: Listener) -> None:
        for step in steps:
            compute(step, store, self.runtime, tell)

"""What computes the steps of a run, and who is told."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from genloop.plan import Plan
from genloop.steps import Step
from genloop.store import Manifest, Store
from genloop.types import Progress


class Listener(Protocol):
    """Is told what happens, to show it. Several steps may be under way at once."""

    def planned(self, plan: Plan) -> None: ...

    def started(self, step: Step) -> None: ...

    def progressed(self, step: Step, progress: Progress) -> None: ...

    def finished(self, step: Step, manifest: Manifest) -> None: ...

    def warned(self, message: str) -> None: ...


class Silence:
    """Shows nothing."""

    def planned(self, plan: Plan) -> None: ...

    def started(self, step: Step) -> None: ...

    def progressed(self, step: Step, progress: Progress) -> None: ...

    def finished(self, step: Step, manifest: Manifest) -> None: ...

    def warned(self, message: str) -> None: ...


class Executor(Protocol):
    """Computes steps, here or elsewhere; it may begin with any step whose needs are met."""

    def run(
        self, steps: Iterable[Step], store: Store, tell: Listener, *, seconds: Mapping[str, float] | None = None
    ) -> None:
        """Compute the steps that the store does not hold; they come in an order in which all needs are met.

        Args:
            steps: of a run.
            store: holds what is done, and gets what is computed.
            tell: is told.
            seconds: how long steps are estimated to take, by key, where that is known.

        Raises:
            UserError: if the data, a setting or the disk stand in the way; finished steps are kept.
        """
        ...

"""Which steps may begin, and which of them should: those that the longest chains wait for."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from heapq import heappop, heappush

from genloop.steps import Step


class Graph:
    """Steps that wait for one another.

    Args:
        steps: in an order in which all needs are met; what else they need is done.
        seconds: how long they are estimated to take, by key, where that is known.
    """

    def __init__(self, steps: Iterable[Step], seconds: Mapping[str, float]) -> None:
        self._steps = {step.key: step for step in steps}
        self._waits_for = {
            key: {need for need in step.needs if need in self._steps} for key, step in self._steps.items()
        }
        self._waiting: dict[str, list[str]] = defaultdict(list)
        for key, needs in self._waits_for.items():
            for need in needs:
                self._waiting[need].append(key)
        places = {key: place for place, key in enumerate(self._steps)}
        self._urgency = {key: (-chain, places[key]) for key, chain in self._chains(seconds).items()}
        self._ready: list[tuple[tuple[float, int], str]] = []  # a heap: there may be many thousands
        for key, needs in self._waits_for.items():
            if not needs:
                self._begins(key)
        self.num_unfinished = len(self._steps)

    def next(self) -> Step | None:
        """Take the step that may begin and that the longest chain waits for; None if there is none for now."""
        return self._steps[heappop(self._ready)[1]] if self._ready else None

    def finish(self, key: str) -> None:
        """Note that a step is done."""
        self.num_unfinished -= 1
        for waiting in self._waiting.pop(key, ()):
            self._waits_for[waiting].discard(key)
            if not self._waits_for[waiting]:
                self._begins(waiting)

    def _begins(self, key: str) -> None:
        heappush(self._ready, (self._urgency[key], key))

    def _chains(self, seconds: Mapping[str, float]) -> dict[str, float]:
        """Return for each step how long the longest chain is that begins with it."""
        chains: dict[str, float] = {}
        for key in reversed(self._steps):
            behind = max((chains[waiting] for waiting in self._waiting[key]), default=0.0)
            chains[key] = seconds.get(key, 1.0) + behind
        return chains

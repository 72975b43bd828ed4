"""How far a run is, as a second process sees it: from finished results and from what computing processes say.

Nothing is written, locked or discarded. Files may vanish while they are looked at; the next look tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from genloop.report.live.works import Work, step_labels, works_in
from genloop.runs.measurements import readings
from genloop.runs.record import RecordedIteration, Run
from genloop.store import DamagedArtefact, Manifest


@dataclass(frozen=True)
class LoopState:
    """How far the loop of one policy and seed is.

    Attributes:
        policy: as it is written.
        seed: of the loop.
        fitted: iterations whose model is there.
        sampled: iterations whose samples are there.
        scored: iterations of which everything is measured.
        diverged: iterations whose fit left the finite numbers.
        losses: test loss by iteration; None where it is not finite.
    """

    policy: str
    seed: int
    fitted: tuple[int, ...]
    sampled: tuple[int, ...]
    scored: tuple[int, ...]
    diverged: tuple[int, ...]
    losses: Mapping[int, float | None]

    @property
    def latest(self) -> int:
        """The latest iteration whose test loss is measured; 0 for none."""
        return max(self.losses, default=0)


@dataclass(frozen=True)
class RunState:
    """How far a run is.

    Attributes:
        name: of the run.
        num_iterations: of every loop.
        loops: one for each policy and seed.
        works: steps of this run that were taken up and not finished.
        others: the same of other runs in the store.
        missing: keys of the steps that are not done, in their order.
        damaged: keys of the results that have changed since they were written, which are among the missing ones.
        num_steps: all of them.
    """

    name: str
    num_iterations: int
    loops: tuple[LoopState, ...]
    works: tuple[Work, ...]
    others: tuple[Work, ...]
    missing: tuple[str, ...]
    damaged: tuple[str, ...]
    num_steps: int

    @property
    def is_complete(self) -> bool:
        return not self.missing

    @property
    def alive(self) -> tuple[Work, ...]:
        """Steps of this run that are being computed."""
        return tuple(work for work in self.works if work.is_alive)


class Observer:
    """Looks at a run again and again; a manifest that it has read it does not read again."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self._manifests: dict[str, Manifest] = {}
        self._damaged: list[str] = []

    def look(self) -> RunState:
        """Return how far the run is now.

        Raises:
            UserError: if there is no run, or its record cannot be read.
        """
        run = Run(self.directory)  # anew, as it may have got more iterations
        labels = step_labels(run.record)
        self._damaged = []
        missing = [key for key in labels if self.manifest(run, key) is None]
        works = works_in(run.store.root, labels)
        items = run.record.iterations
        return RunState(
            name=run.record.name,
            num_iterations=max(item.iteration for item in items),
            loops=tuple(
                self._loop(run, policy, seed) for policy, seed in dict.fromkeys((i.policy, i.seed) for i in items)
            ),
            works=tuple(work for work in works if work.key in missing),
            others=tuple(work for work in works if work.key not in labels),
            missing=tuple(missing),
            damaged=tuple(self._damaged),
            num_steps=len(labels),
        )

    def manifest(self, run: Run, key: str) -> Manifest | None:
        """Return the manifest of a finished step; None if it is not done, or damaged."""
        if not run.store.path(key).exists():
            self._manifests.pop(key, None)
        elif key not in self._manifests:
            self._read(run, key)
        return self._manifests.get(key)

    def _read(self, run: Run, key: str) -> None:
        try:
            if manifest := run.store.peek(key):
                self._manifests[key] = manifest
        except DamagedArtefact:
            if run.store.path(key).exists():  # else it vanished while it was read
                self._damaged.append(key)

    def _loop(self, run: Run, policy: str, seed: int) -> LoopState:
        rounds = [item for item in run.record.iterations if (item.policy, item.seed) == (policy, seed)]
        found = self._manifests
        models = {item.iteration: found[item.model] for item in rounds if item.model in found}
        return LoopState(
            policy=policy,
            seed=seed,
            fitted=tuple(models),
            sampled=tuple(item.iteration for item in rounds if item.samples in found),
            scored=tuple(item.iteration for item in rounds if all(key in found for key in item.measurements)),
            diverged=tuple(n for n, manifest in models.items() if manifest.facts.get("status") == "diverged"),
            losses={item.iteration: loss for item in rounds for loss in self._test_loss(item)},
        )

    def _test_loss(self, item: RecordedIteration) -> list[float | None]:
        """Return the test loss of an iteration; nothing while it is not measured."""
        found = (each for key in item.scores if key in self._manifests for each in readings(self._manifests[key]))
        return [each.value for each in found if each.of.name == "test_loss"]

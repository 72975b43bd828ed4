"""Shows a run while it computes: a live line on a terminal, plain lines elsewhere."""

import time
from dataclasses import dataclass
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar
from rich.text import Text

from genloop.left_out import data_notes
from genloop.loop import Iteration
from genloop.numerals import duration
from genloop.plan import Plan
from genloop.policy_text import policy_name
from genloop.steps import Step
from genloop.store import Manifest
from genloop.types import Progress

PLAIN_SECONDS = 20.0  # between lines where there is no terminal
LEAST_SECONDS = 0.5  # that a step takes which deserves a line
TRUSTED_SECONDS = 20.0  # for which a plan outweighs a pace: that of the first step has loading of libraries in it


@dataclass
class _Current:
    label: str
    round: str
    started: float
    share: float = 0.0


class RunProgress:
    """Tells which policy, iteration and phase a run is at, how fast, and how long it will take; a `Listener`."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bar = Bar(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[left]}"),
            console=console,
        )
        self._task = self._bar.add_task("", total=None, left="", visible=False)
        self._estimates: dict[str, float] = {}
        self._iterations: dict[str, Iteration] = {}
        self._planned_seconds = self._done_seconds = 0.0
        self._began = self._spoken = time.monotonic()
        self._current: dict[str, _Current] = {}
        self._names_seeds = False
        self._slow: set[str] = set()  # rounds with a step that took its time

    def __enter__(self) -> "RunProgress":
        if self.console.is_terminal:
            self._bar.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self.console.is_terminal:
            self._bar.stop()

    def announced(self, what: str) -> None:
        """Say which of several runs begins."""
        self.console.print(what, highlight=False, soft_wrap=True)

    def planned(self, plan: Plan) -> None:
        self._estimates = {planned.step.key: planned.seconds for planned in plan.missing}
        self._iterations = {planned.step.key: planned.iteration for planned in plan.steps}
        self._names_seeds = len({planned.iteration.seed for planned in plan.steps}) > 1
        self._planned_seconds = sum(self._estimates.values())
        self._bar.update(self._task, total=max(self._planned_seconds, 1e-9), visible=bool(plan.missing))
        self._began, self._done_seconds = time.monotonic(), 0.0
        self._slow.clear()

    def started(self, step: Step) -> None:
        of_round = self._round(self._iterations.get(step.key))
        label = " · ".join(filter(None, (of_round, step.kind)))
        self._current[step.key] = _Current(label, of_round, time.monotonic())
        self._show(label)

    def progressed(self, step: Step, progress: Progress) -> None:
        now, current = time.monotonic(), self._current[step.key]
        elapsed = now - current.started
        rate = f" · {progress.done / elapsed:,.0f}/s" if elapsed > 0.5 else ""
        loss = f" · loss {progress.loss:.3f}" if progress.loss is not None else ""
        current.share = progress.done / progress.total if progress.total else 1.0
        text = f"{current.label} {current.share:4.0%}{rate}{loss}"
        self._show(text)
        if now - self._spoken > PLAIN_SECONDS:
            self._say(" · ".join(filter(None, (text, self._left()))))

    def finished(self, step: Step, manifest: Manifest) -> None:
        current = self._current.pop(step.key)
        self._done_seconds += self._estimates.get(step.key, 0.0)
        self._show(current.label)
        for sentence in data_notes(manifest.facts):
            self.warned(sentence)
        if manifest.elapsed_seconds >= LEAST_SECONDS:
            self._slow.add(current.round)
        is_quick = current.round not in self._slow
        values: Any = manifest.facts.get("values", {})
        if not values and not is_quick:
            done = f"{current.label} done in {duration(manifest.elapsed_seconds)}"
            self._say(" · ".join(filter(None, (done, self._left()))))
        if values.get("test_loss") is not None and not is_quick:
            self.console.print(f"{current.label}: test_loss {values['test_loss']:.3f}", highlight=False)
        if manifest.facts.get("status") == "diverged":
            self.warned(f"{current.label}: the fit diverged; its last finite state was kept.")

    def warned(self, message: str) -> None:
        self.console.print(Text.assemble(("Warning:", "yellow"), f" {message}"), soft_wrap=True)

    def _round(self, iteration: Iteration | None) -> str:
        if iteration is None:
            return ""
        seed = f" (seed {iteration.seed})" if self._names_seeds else ""
        return f"{policy_name(iteration.policy)} {iteration.number}{seed}"

    @property
    def _completed_seconds(self) -> float:
        return self._done_seconds + sum(
            each.share * self._estimates.get(key, 0.0) for key, each in self._current.items()
        )

    def _show(self, text: str) -> None:
        self._bar.update(self._task, description=text, completed=self._completed_seconds, left=self._left())

    def _left(self) -> str:
        """Return the time left: what is still planned, at the pace so far, which counts as planned at first."""
        completed = self._completed_seconds
        elapsed = time.monotonic() - self._began
        if completed <= 0 or elapsed < 1:
            return ""
        pace = (elapsed + TRUSTED_SECONDS) / (completed + TRUSTED_SECONDS)
        return f"{duration((self._planned_seconds - completed) * pace)} left"

    def _say(self, line: str) -> None:
        self._spoken = time.monotonic()
        if not self.console.is_terminal:
            self.console.print(line, highlight=False)

"""What a run says while it computes where there is no terminal: whole lines, and times left that a plan tempers."""

import time
from dataclasses import dataclass
from io import StringIO
from types import SimpleNamespace
from typing import Any, ClassVar, cast

from rich.console import Console
from rich.text import Text

from genloop.plan import Plan
from genloop.policies import Accumulate
from genloop.report.live.progress import RunProgress


def said(*, planned_seconds: float, elapsed: float) -> list[str]:
    """Return the lines after the first of 21 equal fits, which took longer than planned."""
    out = StringIO()
    steps = [SimpleNamespace(key=f"fit-{number}", kind="fit") for number in range(21)]
    planned = [
        SimpleNamespace(step=step, seconds=planned_seconds, is_done=False, iteration=SimpleNamespace(seed=0))
        for step in steps
    ]
    with RunProgress(Console(file=out)) as progress:
        progress.started(cast(Any, steps[0]))
        progress.planned(Plan(cast(Any, tuple(planned))))
        progress._began = time.monotonic() - elapsed
        progress.finished(cast(Any, steps[0]), cast(Any, SimpleNamespace(elapsed_seconds=elapsed, facts={})))
    return out.getvalue().splitlines()


def test_a_slow_first_step_of_a_short_run_does_not_foretell_hours():
    """5 s where 0.05 s were planned are loading: 20 equal ones are not 100 s, but 1 s at a pace of (5+20)/(0.05+20)."""
    assert said(planned_seconds=0.05, elapsed=5.0) == ["fit done in 5 s · 1 s left"]


def test_a_long_step_is_believed():
    """1000 s where 500 s were planned: 20 more at a pace of (1000+20)/(500+20), 1.96."""
    assert said(planned_seconds=500.0, elapsed=1000.0) == ["fit done in 17 min · 5.4 h left"]


class Counted(float):
    """A number of seconds that counts how often it is added to something."""

    additions: ClassVar[int] = 0

    def __radd__(self, other: float) -> float:
        Counted.additions += 1
        return other + float(self)

    __add__ = __radd__


def test_what_is_told_of_a_step_takes_no_longer_in_a_longer_run():
    """Each step's seconds enter a few sums, not one sum for every event: that would be 200 for each of 200 steps."""
    iteration = SimpleNamespace(policy=Accumulate(), number=1, seed=0)
    steps = [SimpleNamespace(key=f"fit-{number}", kind="fit") for number in range(200)]
    planned = [SimpleNamespace(step=step, seconds=Counted(1.0), is_done=False, iteration=iteration) for step in steps]
    Counted.additions = 0
    with RunProgress(Console(file=StringIO())) as progress:
        progress.planned(Plan(cast(Any, tuple(planned))))
        for step in steps:
            progress.started(cast(Any, step))
            progress.finished(cast(Any, step), cast(Any, SimpleNamespace(elapsed_seconds=1.0, facts={})))
    assert Counted.additions <= 10 * len(steps)


def test_lines_end_with_what_is_known():
    """Without a plan no time is left to tell, nor a mark before it; and no empty line closes the output."""
    assert said(planned_seconds=0.0, elapsed=0.6) == ["fit done in 1 s"]


@dataclass(frozen=True)
class Matching(Accumulate):
    """A policy whose name looks like markup."""

    pattern: str = "[a-z][/x]"


def test_brackets_of_a_policy_and_of_a_warning_are_shown():
    """On a terminal too, whose line is drawn anew; a warning stays on one line however long it is."""
    out = StringIO()
    step = SimpleNamespace(key="fit-0", kind="fit")
    iteration = SimpleNamespace(policy=Matching(), number=1, seed=0)
    planned = SimpleNamespace(step=step, seconds=1.0, is_done=False, iteration=iteration)
    with RunProgress(Console(file=out, force_terminal=True, width=80)) as progress:
        progress.planned(Plan(cast(Any, (planned,))))
        progress.started(cast(Any, step))
        progress.warned(f"[red]a[/red][/x] {'b' * 80} c")
    shown = Text.from_ansi(out.getvalue()).plain
    assert "Matching(pattern='[a-z][/x]') 1 · fit" in shown
    assert f"Warning: [red]a[/red][/x] {'b' * 80} c\n" in shown

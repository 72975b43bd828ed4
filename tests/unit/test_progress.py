"""What a run says while it computes where there is no terminal: whole lines, and times left that a plan tempers."""

import time
from io import StringIO
from types import SimpleNamespace
from typing import Any, cast

from rich.console import Console

from genloop.plan import Plan
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
        progress.started(cast(Any, steps[0]), None)
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


def test_lines_end_with_what_is_known():
    """Without a plan no time is left to tell, nor a mark before it; and no empty line closes the output."""
    assert said(planned_seconds=0.0, elapsed=0.6) == ["fit done in 1 s"]

"""The command that shows a run while another process computes it."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.live import Live

from genloop.cli.app import app, out
from genloop.cli.arguments import RunDir, decimal
from genloop.errors import UserError
from genloop.runs.record import RECORD_FILE

if TYPE_CHECKING:
    from genloop.report.live.run_state import RunState

LONGEST_SECONDS = 3600.0
SPOKEN_SECONDS = 20.0  # between lines about the same step, where there is no terminal


@app.command()
def watch(
    run_dir: RunDir,
    every: Annotated[float, decimal(help="Seconds between two looks.")] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Look once, print one table, and end.")] = False,
) -> None:
    """Show how far a run is while it is going, until it is complete; it is only read, never disturbed."""
    from genloop.report.live.watching import run_view

    if not 0 < every <= LONGEST_SECONDS:
        raise UserError(
            f"--every {every:g} is no time between two looks. Give more than 0 seconds, such as 2, and at most an hour."
        )
    if once:
        out.print(run_view(*next(_looks(run_dir, every))))
        return
    try:
        _wait(run_dir, every)
        show = _show if out.is_terminal else _tell
        show(_looks(run_dir, every))
    except KeyboardInterrupt:
        raise typer.Exit(130) from None


def _looks(run_dir: Path, every: float) -> "Iterator[tuple[RunState, float | None]]":
    """Iterate over the state of a run and the seconds left, until it is complete."""
    from genloop.report.live.run_state import Observer
    from genloop.report.live.time_left import TimeLeft

    observer = Observer(run_dir)
    time_left = TimeLeft(observer)
    while True:
        state = observer.look()
        yield state, time_left.of(state)
        if state.is_complete:
            return
        time.sleep(every)


def _wait(run_dir: Path, every: float) -> None:
    """Wait until a run begins."""
    from genloop.report.live.watching import waiting, waiting_view

    if (run_dir / RECORD_FILE).is_file():
        return
    if not out.is_terminal:
        out.print(waiting(run_dir), highlight=False, soft_wrap=True)
    with Live(console=out, auto_refresh=False, transient=True) as live:
        while not (run_dir / RECORD_FILE).is_file():
            live.update(waiting_view(run_dir), refresh=out.is_terminal)
            time.sleep(every)


def _show(looks: "Iterable[tuple[RunState, float | None]]") -> None:
    """Show a run on a terminal, in place."""
    from genloop.report.live.watching import run_view

    with Live(console=out, auto_refresh=False) as live:
        for state, left in looks:
            live.update(run_view(state, left), refresh=True)


def _tell(looks: "Iterable[tuple[RunState, float | None]]") -> None:
    """Tell of a run line by line: what was done since the last look and, now and then, what is going on."""
    from genloop.report.live.watching import changes, summary, work_text

    before, spoken = None, -SPOKEN_SECONDS
    for state, left in looks:
        for line in changes(before, state) if before else ():
            out.print(line, highlight=False)
        if state.is_complete or time.monotonic() - spoken > SPOKEN_SECONDS:
            spoken = time.monotonic()
            told = " · ".join([summary(state, left), *map(work_text, state.works)])
            out.print(told, highlight=False, soft_wrap=True)
        before = state

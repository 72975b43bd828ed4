"""A run that is going, as a table on a terminal or as lines elsewhere."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path

from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from genloop.numerals import duration
from genloop.report.live.run_state import LoopState, RunState
from genloop.report.live.works import Work, works_in
from genloop.report.number_column import NumberColumn

BAR_WIDTH = 20


def run_view(state: RunState, seconds_left: float | None) -> RenderableType:
    """Return how far a run is: what is computed now, and which iterations of every loop are done."""
    return Group(Text(summary(state, seconds_left)), *_notes(state), *_work_lines(state.works), _loops_table(state))


def waiting_view(run_dir: Path) -> RenderableType:
    """Return that a run has not begun, and how far its real data are where they are being prepared."""
    works = [work for work in works_in(run_dir / "store", {}) if work.is_alive]
    return Group(Text(waiting(run_dir)), *_work_lines(works))


def waiting(run_dir: Path) -> str:
    return f"{run_dir} holds no run yet. Waiting for one to begin; Ctrl-C ends this."


def summary(state: RunState, seconds_left: float | None) -> str:
    """Return how much of a run is done and how long the rest will take, in one line."""
    done = f"{state.name}: {state.num_steps - len(state.missing)} of {state.num_steps} steps done"
    if state.is_complete:
        return f"{done}. The run is complete."
    left = "" if seconds_left is None else f"about {duration(seconds_left)}"
    if not state.alive:  # which is so between two steps, too
        work = f"; {left} of work left" if left else ""
        return f"{done}{work}. No step is being computed; if its process is gone, the same command goes on."
    if all(work.is_suspended for work in state.alive):
        processes = ", ".join(str(number) for number in sorted({work.said.process for work in state.alive}))
        return f"{done}. Waiting for process {processes}, which is suspended; `kill -CONT {processes}` lets it go on."
    several = f" with {len(state.alive)} processes" if len(state.alive) > 1 else ""
    return f"{done}{f' · {left} left{several}' if left else ''}"


def work_text(work: Work) -> str:
    """Return what a process is at, how far, how fast, in one line."""
    return " · ".join(filter(None, (work.label, *_cells(work))))


def changes(before: RunState, after: RunState) -> Iterator[str]:
    """Iterate over what has been done between two looks at a run, one line for each."""
    known = {(loop.policy, loop.seed): loop for loop in before.loops}
    for loop in after.loops:
        old = known.get((loop.policy, loop.seed))
        for what in ("fitted", "sampled", "scored"):
            news = [number for number in getattr(loop, what) if old is None or number not in getattr(old, what)]
            if news:
                loss = " ".join(_loss(loop, news[-1])).strip() if what == "scored" else ""
                yield f"{loop.policy}, seed {loop.seed}: iteration {ranges(news)} {what}" + (
                    loss and f" · test loss {loss}"
                )


def _notes(state: RunState) -> Iterator[Text]:
    if num := len(state.damaged):
        what = "1 result has" if num == 1 else f"{num} results have"
        yield Text(f"{what} changed on disk; the same command computes anew.")
    if num := sum(work.is_alive for work in state.others):
        what = "1 step of another run" if num == 1 else f"{num} steps of other runs"
        yield Text(f"Also computed: {what} in the same store.")


def _work_lines(works: Sequence[Work]) -> Iterator[RenderableType]:
    """Iterate over two lines for each work: which step, and how far it is."""
    for work in works:
        yield Text(work.label)
        total = work.said.total or 1
        line = Table.grid(padding=(0, 2))
        line.add_row(
            "", ProgressBar(total=total, completed=work.said.done, width=BAR_WIDTH), *filter(None, _cells(work))
        )
        yield line


def _cells(work: Work) -> tuple[str, ...]:
    said = work.said
    share = f"{said.done / said.total:.0%}" if said.total else ""
    if not work.is_alive:
        return share, "stopped", "", "", f"process {said.process} is gone"
    if work.is_suspended:
        return share, "waiting", "", "", f"process {said.process} is suspended"
    return (
        share,
        f"{said.rate:,.0f}/s" if said.rate else "",
        f"loss {said.loss:.3f}" if said.loss is not None else "",
        f"{duration(said.seconds_left)} left" if said.seconds_left is not None else "",
        f"process {said.process}",
    )


def _loops_table(state: RunState) -> Table:
    table = Table(title=f"iterations 1 to {state.num_iterations}")
    for header in ("policy", "seed", "fitted", "sampled", "scored", "test loss", "change"):
        table.add_column(header, justify="right" if header in ("seed", "test loss", "change") else "left")
    for loop in state.loops:
        fitted = ranges(loop.fitted) + (f" ({ranges(loop.diverged)} diverged)" if loop.diverged else "")
        table.add_row(
            loop.policy, str(loop.seed), fitted, ranges(loop.sampled), ranges(loop.scored),
            *_loss(loop, loop.latest),
        )  # fmt: skip
    return table


def _loss(loop: LoopState, iteration: int) -> tuple[str, str]:
    """Return the test loss of an iteration and its change from iteration 1."""
    if iteration not in loop.losses:
        return "", ""
    loss, first, column = loop.losses[iteration], loop.losses.get(1), NumberColumn.of(loop.losses.values())
    if loss is None:
        return "not finite", ""
    return column.number(loss), "" if iteration == 1 or first is None else column.change(first, loss)


def ranges(numbers: Sequence[int]) -> str:
    """Return numbers in order as people write them, such as `1-4, 6`."""
    starts = [numbers[0], *(b for a, b in pairwise(numbers) if b != a + 1)] if numbers else []
    ends = [*(a for a, b in pairwise(numbers) if b != a + 1), *numbers[-1:]]
    return ", ".join(f"{a}" if a == b else f"{a}-{b}" for a, b in zip(starts, ends, strict=True))

"""Synthetic data of several policies, side by side."""

from collections.abc import Sequence

from rich.table import Table

from genloop.errors import UserError
from genloop.examples import Examples
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import open_data, recorded_domain


def sampled(run: Run, item: RecordedIteration, num: int) -> Examples:
    """Return the first `num` examples that a model generated; none if it has not yet, or of a domain not installed."""
    if run.manifest(run.record.source) is None or run.manifest(item.samples) is None:
        return Examples()
    try:
        domain = recorded_domain(run)
    except UserError:
        return Examples()
    return domain.show(open_data(run, domain, item.samples), num)


def samples_table(run: Run, *, num: int = 2, width: int = 320) -> Table | None:
    """Return documents of the first and the last iteration, one column for each policy; None without any text."""
    first_seed = [item for item in run.record.iterations if item.seed == run.record.iterations[0].seed]
    policies = list(dict.fromkeys(item.policy for item in first_seed))
    last = max(item.iteration for item in first_seed)
    table = Table("iteration", *policies, title="The first documents that the models wrote", show_lines=True)
    for number in sorted({1, last}):
        columns = [_column(run, first_seed, policy, number, num) for policy in policies]
        for texts in filter(any, zip(*columns, strict=True)):
            table.add_row(str(number), *(shortened(text, width) for text in texts))
    return table if table.row_count else None


def _column(run: Run, items: Sequence[RecordedIteration], policy: str, number: int, num: int) -> list[str]:
    item = next(item for item in items if item.policy == policy and item.iteration == number)
    texts = sampled(run, item, num).texts
    return [*texts, *[""] * (num - len(texts))]


def shortened(text: str, width: int) -> str:
    """Return a text on one line, cut between words where it is longer than `width`."""
    text = " ".join(text.split())
    return text if len(text) <= width else text[: width - 1].rsplit(" ", 1)[0] + " …"

"""Reproduced results: each claim beside what was measured, with a verdict."""

from collections import Counter
from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from genloop.study.claims import Claim, Reproduction
from genloop.study.grid import Grid


def print_reproduction(found: Reproduction, console: Console) -> None:
    """Print tables, verdicts, notes, and where files are; of several targets only the claims that do not hold."""
    for grid in found.grids:
        console.print(grid_table(grid))
    shown = [claim for claim in found.claims if not found.parts or claim.verdict in ("FAILS", "undecided")]
    if shown:
        console.print(claims_table(found.title, shown))
    if found.claims:
        console.print(summary(found))
    for note in found.notes:
        console.print(note, highlight=False)
    for kind, paths in (("Figure", found.figures), ("Page", found.pages)):
        for path in paths:
            console.print(f"{kind}: {path}", highlight=False, soft_wrap=True)


def claims_table(title: str, claims: Iterable[Claim]) -> Table:
    """Return one line for each claim."""
    table = Table("claim", "paper or theory", "ours ± standard error", "verdict", title=title)
    for claim in claims:
        table.add_row(claim.text, claim.expected_text, claim.measured_text, _verdict(claim))
    return table


def grid_table(grid: Grid) -> Table:
    """Return a table of text."""
    table = Table(*grid.header, title=grid.title, show_lines=True)
    for line in grid.lines:
        table.add_row(*line)
    return table


def summary(reproduction: Reproduction) -> str:
    """Return how many claims hold, in one sentence."""
    if not reproduction.claims:
        return "Nothing is judged."
    judged = [claim for claim in reproduction.claims if claim.holds is not None]
    num_failed = sum(not claim.holds for claim in judged)
    others = Counter(claim.verdict for claim in reproduction.claims if claim.holds is None)
    rest = "".join(f", {num} {verdict}" for verdict, num in others.items())
    if num_failed:
        return f"{num_failed} of {len(judged)} claims FAIL{rest}."
    return f"All {len(judged)} claims hold{rest}."


def _verdict(claim: Claim) -> Text:
    return Text(claim.verdict, style={True: "green", False: "red", None: "default"}[claim.holds])

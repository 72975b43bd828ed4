"""The collapse profile as a table: a row for each aspect, a column for each policy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genloop.analysis.floors import sharers
from genloop.analysis.profile import Finding, Verdict, profile
from genloop.numerals import plain, signed
from genloop.report.answer import undecided
from genloop.runs.record import Run

MARKS: Mapping[Verdict, str] = {"collapsing": "✕", "stable": "✓", "undecided": "?", "not measured": "\N{EN DASH}"}


@dataclass(frozen=True)
class Cell:
    """The verdict on one aspect under one policy.

    Attributes:
        mark: a sign that tells the verdict apart without colour.
        verdict: what it is.
        words: the verdict, and what of it is sure.
        change: from the first iteration to the last, with its interval; empty where there is none.
        values: first and last value.
    """

    mark: str
    verdict: Verdict
    words: str
    change: str
    values: str


@dataclass(frozen=True)
class AspectRow:
    """One aspect.

    Attributes:
        aspect: what of the model.
        metric: the value that stands for it, with its unit; empty where none was measured.
        floor: what real data score in the place of samples, with the policies where they differ; empty where that is
            unknown.
        cells: one for each policy.
    """

    aspect: str
    metric: str
    floor: str
    cells: Sequence[Cell]


@dataclass(frozen=True)
class ProfileTable:
    """The collapse profile of a run."""

    policies: Sequence[str]
    rows: Sequence[AspectRow]


def profile_table(run: Run) -> ProfileTable:
    """Return the collapse profile of a run, finished or not."""
    by_aspect: dict[str, list[Finding]] = {}
    for finding in profile(run):
        by_aspect.setdefault(finding.aspect, []).append(finding)
    policies = list(dict.fromkeys(item.policy for item in run.record.iterations))
    return ProfileTable(policies, [_row(aspect, findings) for aspect, findings in by_aspect.items()])


def _row(aspect: str, findings: Sequence[Finding]) -> AspectRow:
    measured = next((finding for finding in findings if finding.metric), findings[0])
    metric = f"{measured.metric.replace('_', ' ')} ({measured.unit})" if measured.metric else ""
    floors = sharers({finding.policy: finding.floor for finding in findings if finding.floor is not None})
    floor = "; ".join(f"{plain(value)} ({whose})" if whose else plain(value) for whose, value in floors.items())
    return AspectRow(aspect, metric, floor, [cell_of(finding) for finding in findings])


def cell_of(finding: Finding) -> Cell:
    """Return what the table says of one aspect under one policy."""
    change = "" if finding.change is None else signed(finding.change, finding.margin)
    values = "" if finding.change is None else f"{_number(finding.first)} to {_number(finding.last)}"
    words = undecided(finding.change, finding.margin) if finding.verdict == "undecided" else finding.verdict
    return Cell(MARKS[finding.verdict], finding.verdict, words, change, values)


def _number(value: float | None) -> str:
    return "not finite" if value is None else plain(value)

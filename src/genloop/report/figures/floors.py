"""Noise floors beside one another, of one run or several."""

from collections import defaultdict
from collections.abc import Sequence

from genloop.analysis.floors import REAL_DATA, noise_floors
from genloop.analysis.lines import Line
from genloop.analysis.series import Series, series
from genloop.runs.record import Row
from genloop.types import STANDARD_ERROR


def floors_of(lines: Sequence[Line], metric: str, unit: str) -> dict[str, Series]:
    """Return the different noise floors of a metric by name, each once.

    It is `real data` where all lines share one, and else has behind it the policies, before it the run.
    """
    by_run: dict[str, list[Row]] = defaultdict(list)
    for line in lines:
        wanted = [row for row in line.floor if row.metric in (metric, metric + STANDARD_ERROR) and row.unit == unit]
        by_run[line.label.removesuffix(line.policy)] += wanted
    names: dict[tuple[Row, ...], str] = {}
    for run, rows in by_run.items():
        for name, floor in noise_floors(rows).items():
            names.setdefault(floor, run + name)
    found = {name if len(names) > 1 else REAL_DATA: series(floor, metric) for floor, name in names.items()}
    return {name: measured for name, (measured,) in found.items()}

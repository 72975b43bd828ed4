"""How often 90 % intervals of forecasts held the iterations that were hidden, in runs that are finished.

    python benchmarks/forecast_coverage.py RUN_OR_JSON ... [--shown 4 5 6 7] [--least 10] [--markdown]

A run is its folder, as `genloop run --out` made it; JSON is what `genloop show --json` prints or what `genloop
reproduce` writes beside its page. Every metric, policy and seed of at least two hidden iterations is one curve; the
curves of one loop are not independent of each other.
"""

import argparse
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from genloop.paper.hindcasts import KnownCurve, coverage, hindcast
from genloop.report.tables import rows_json
from genloop.runs.record import Run
from genloop.study.grid import Grid
from genloop.study.verdicts import grid_table

FEWEST_HIDDEN = 2


def read_curves(place: Path) -> Iterator[KnownCurve]:
    """Iterate over the curves of a run's folder or of JSON."""
    plain = rows_json(Run(place)) if place.is_dir() else json.loads(place.read_text("utf-8"))
    for loop in plain.get("loops", [plain]):
        yield from _curves(loop.get("name", place.name), loop["rows"])


def _curves(name: str, rows: Iterable[Mapping[str, Any]]) -> Iterator[KnownCurve]:
    found: dict[tuple[str, str, int], dict[int, float | None]] = defaultdict(dict)
    for row in rows:
        found[row["metric"], row["policy"], row["seed"]][row["iteration"]] = row["value"]
    for (metric, policy, seed), by_iteration in found.items():
        values = [by_iteration[iteration] for iteration in sorted(by_iteration)]
        finite = [value for value in values if value is not None]
        if len(finite) == len(values):
            yield KnownCurve(metric, f"{name}, {policy}", seed, tuple(finite))


def compare(curves: Iterable[KnownCurve], shown: Iterable[int]) -> Grid:
    """Return for every metric how many curves there are, and how often intervals held."""
    by_metric: dict[str, list[KnownCurve]] = defaultdict(list)
    for curve in curves:
        by_metric["all"].append(curve)
        by_metric[curve.family].append(curve)
    header = ("metric", *(f"first {num} shown" for num in shown))
    lines = [(metric, *(_held(of_metric, num) for num in shown)) for metric, of_metric in by_metric.items()]
    return Grid("Share of hidden values in their 90 % interval (the last one alone), number of curves", header, lines)


def _held(curves: Iterable[KnownCurve], num_shown: int) -> str:
    long = [curve for curve in curves if len(curve.values) >= num_shown + FEWEST_HIDDEN]
    if not long:
        return ""
    held = coverage([hindcast(curve, num_shown, len(curve.values)) for curve in long])
    return f"{held.share:.2f} ({held.last_share:.2f}), {len(long)}"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("places", nargs="+", type=Path, help="folders of runs, or JSON files")
    parser.add_argument("--shown", nargs="+", type=int, default=[4, 5, 6, 7], help="iterations to forecast from")
    parser.add_argument("--least", type=int, default=10, help="only loops of at least so many iterations")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown")
    given = parser.parse_args()
    found = [curve for place in given.places for curve in read_curves(place) if len(curve.values) >= given.least]
    grid = compare(found, given.shown)
    print(grid.markdown()) if given.markdown else Console(width=150, markup=False, emoji=False).print(grid_table(grid))

"""Noise floors: what real data score in the place of samples, and whose they are.

Policies that take as many samples of their first model share one. Where they do not, each is told with its policies.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

from genloop.analysis.arms import Arm
from genloop.analysis.series import Series, series
from genloop.runs.record import Row

REAL_DATA = "real data"

Floor = TypeVar("Floor", bound=Hashable)


def sharers(floors: Mapping[str, Floor]) -> dict[str, Floor]:
    """Return every different noise floor by the policies that share it; by "" where all do.

    Args:
        floors: policy -> its noise floor.
    """
    shared: dict[Floor, list[str]] = defaultdict(list)
    for policy, floor in floors.items():
        shared[floor].append(policy)
    return {", ".join(policies) if len(shared) > 1 else "": floor for floor, policies in shared.items()}


def noise_floors(rows: Iterable[Row]) -> dict[str, tuple[Row, ...]]:
    """Return the different noise floors of a run by name: `real data`, or with its policies behind it.

    Args:
        rows: what real data score in the place of the samples of each policy.
    """
    found: dict[str, tuple[Row, ...]] = defaultdict(tuple)
    for row in rows:
        found[row.policy] += (replace(row, policy=REAL_DATA),)
    return {f"{REAL_DATA} ({whose})" if whose else REAL_DATA: floor for whose, floor in sharers(found).items()}


def floors_of(arms: Sequence[Arm], metric: str, unit: str) -> dict[str, Series]:
    """Return the different noise floors of a metric by name, each once.

    It is `real data` where all arms share one, and else has behind it the policies, before it the run.
    """
    by_run: dict[str, list[Row]] = defaultdict(list)
    for arm in arms:
        wanted = [row for row in arm.floor if (row.metric, row.unit) == (metric, unit)]
        by_run[arm.label.removesuffix(arm.policy)] += wanted
    names: dict[tuple[Row, ...], str] = {}
    for run, rows in by_run.items():
        for name, floor in noise_floors(rows).items():
            names.setdefault(floor, run + name)
    found = {name if len(names) > 1 else REAL_DATA: series(floor, metric) for floor, name in names.items()}
    return {name: measured for name, (measured,) in found.items()}

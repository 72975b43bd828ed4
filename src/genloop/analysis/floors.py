"""Noise floors: what real data score in the place of samples, and whose they are.

Policies that take as many samples of their first model share one. Where they do not, each is told with its policies.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from typing import TypeVar

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

"""What was measured, from manifests: those of before metrics declared their values are read as if they had.

Such a manifest has the unit of every value, and the standard error of one as another, whose name ends in a suffix.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import MISSING, fields, replace
from functools import cache
from typing import Any

from genloop import catalog
from genloop.store import Manifest
from genloop.values import Reading, Value, from_facts

STANDARD_ERROR = "_standard_error"


def readings(manifest: Manifest) -> list[Reading]:
    """Return the values that a score measured."""
    facts = manifest.facts
    if "declared" in facts:
        return from_facts(facts)
    metric: Any = manifest.inputs["metric"]
    return list(_undeclared(facts, metric))


def _undeclared(facts: Mapping[str, Any], metric: Mapping[str, Any]) -> Iterator[Reading]:
    values, units = facts["values"], facts["units"]
    declared = _shipped(metric) or _all_shipped()
    for name in values:
        if not name.endswith(STANDARD_ERROR):
            error = values.get(name + STANDARD_ERROR)
            yield Reading(_declared(name, units[name], declared), values[name], error)


def _declared(name: str, unit: str, declared: Iterable[Value]) -> Value:
    """Return what is declared of a name; of one that means two things, only what has the same unit."""
    named = [value for value in declared if value.name == name]
    is_clear = len({(value.aspect, value.worse) for value in named}) == 1
    meant = [value for value in named if value.unit == unit] or (named if is_clear else [])
    return replace(meant[0], unit=unit) if meant else Value(name, unit)


def _shipped(metric: Mapping[str, Any]) -> tuple[Value, ...]:
    """Return what a metric of this package declares with the fields that a key had; nothing for one of the user's."""
    for entry in catalog.METRICS.shipped():
        if entry.place.endswith(f":{metric['type']}"):
            kind = entry.load()
            known = [field.name for field in fields(kind) if field.name in metric or field.default is MISSING]
            return kind(**{name: metric.get(name) for name in known}).values  # places of files are in no key
    return ()


@cache
def _all_shipped() -> tuple[Value, ...]:
    """Return every different value that metrics declare by default; before, one of the user's was read by its names."""
    kinds = [entry.load() for entry in catalog.METRICS.shipped()]
    plain = [kind for kind in kinds if all(field.default is not MISSING for field in fields(kind))]
    return tuple(dict.fromkeys(replace(value, citations=()) for kind in plain for value in kind().values))

"""Values beside their limits, as a table and as JSON."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.table import Table

from genloop.analysis.checks import Check
from genloop.numerals import plain, signed


def checks_table(checks: Sequence[Check]) -> Table:
    """Return one line for each check."""
    table = Table("policy", "metric", title="Beyond the limits (of several seeds, the mean)")
    for header in ("iteration", "at iteration 1", "value", "change ± 90 %", "limit", "bound"):
        table.add_column(header, justify="right")
    for each in checks:
        change = "" if each.value is None or each.first is None else signed(each.value - each.first, each.margin)
        table.add_row(
            each.policy, each.metric, str(each.iteration), _number(each.first), _number(each.value), change,
            each.limit, _number(each.bound),
        )  # fmt: skip
    return table


def checks_json(checks: Sequence[Check]) -> dict[str, Any]:
    """Return all checks as one JSON document."""
    return {"passes": all(each.passes for each in checks), "rows": [asdict(each) for each in checks]}


def _number(value: float | None) -> str:
    return "not finite" if value is None else plain(value)

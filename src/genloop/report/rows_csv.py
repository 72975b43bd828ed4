"""The numbers of a run as CSV, for spreadsheets and data frames."""

import csv
from collections.abc import Iterator
from dataclasses import astuple, fields, replace
from io import StringIO
from typing import Any

from genloop.analysis.floors import noise_floors
from genloop.runs.record import Row, Run
from genloop.values import Quantiles

LEVELS = [field.name for field in fields(Quantiles)]
COLUMNS = [field.name for field in fields(Row) if field.name != "quantiles"]


def rows_csv(run: Run) -> str:
    """Return a line for every number of a run, then those of real data; what is not finite or not known is empty."""
    text = StringIO()
    lines = csv.writer(text, lineterminator="\n")
    lines.writerow([*COLUMNS, *LEVELS])
    lines.writerows(map(_cells, _rows(run)))
    return text.getvalue()


def _rows(run: Run) -> Iterator[Row]:
    yield from run.rows()
    for name, floor in noise_floors(run.noise_floor()).items():
        yield from (replace(row, policy=name) for row in floor)


def _cells(row: Row) -> list[Any]:
    levels = astuple(row.quantiles) if row.quantiles else [None] * len(LEVELS)
    return [*(getattr(row, name) for name in COLUMNS), *levels]

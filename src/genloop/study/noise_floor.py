"""What is measured of samples, beside what as many real data in their place give."""

import math
from collections.abc import Iterator, Mapping
from statistics import mean

from genloop.runs.record import Row, Run
from genloop.study.grid import Grid


def beside_real_data(replaced: Run, accumulated: Run, last: int) -> Grid:
    """Return all metrics of samples, averaged over seeds, at iteration 1 and at the last one of two loops."""
    floor = _means(replaced.noise_floor(), 1)
    columns = (_means(replaced.rows(), 1), _means(replaced.rows(), last), _means(accumulated.rows(), last), floor)
    lines = [(metric, *(_text(column[metric]) for column in columns)) for metric in floor]
    header = ("metric", "t=1", f"replace t={last}", f"accumulate t={last}", "real data (the noise floor)")
    return Grid("Samples beside real data", header, lines)


def _means(rows: Iterator[Row], iteration: int) -> Mapping[str, float]:
    """Return every metric of an iteration, averaged over seeds; no number where one of them is not finite."""
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.iteration == iteration:
            found.setdefault(row.metric, []).append(math.nan if row.value is None else row.value)
    return {metric: mean(values) for metric, values in found.items()}


def _text(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "not finite"

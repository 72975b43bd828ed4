"""How the curves of a run go on, as a table, as JSON, in a sentence, and as a figure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from genloop.analysis.forecast import FEWEST, Forecast, forecast
from genloop.analysis.numerals import plain, signed
from genloop.analysis.series import Series, find_series
from genloop.errors import UserError
from genloop.report.figures.look import count_iterations, drawing, legend_below, panels
from genloop.report.figures.palette import styles
from genloop.report.predictions import growth_text
from genloop.runs.record import Run

SHOWN_ROWS = 12  # of a table; longer forecasts are thinned
BAND = 0.18  # opacity of an interval


@dataclass(frozen=True)
class PolicyForecast:
    """How a metric goes on under one policy.

    Attributes:
        policy: its name.
        metric: name of the value, averaged over seeds.
        unit: of the values.
        num_seeds: loops averaged.
        forecast: of the values.
    """

    policy: str
    metric: str
    unit: str
    num_seeds: int
    forecast: Forecast

    def excess(self, value: float) -> float:
        """Return how far a value is above that of the first iteration, which is what the laws are about."""
        return value - next(iter(self.forecast.measured.values()))


@dataclass(frozen=True, eq=False)
class Forecasts:
    """How a metric goes on under the policies of a run.

    Attributes:
        found: one for each policy that can be forecast.
        left_out: what the others lack, by policy.
    """

    found: Sequence[PolicyForecast]
    left_out: Mapping[str, str]


def forecasts(run: Run, metric: str, until: int, policies: Sequence[str] = ()) -> Forecasts:
    """Return how a metric goes on under each policy that has a finite value at iteration 1, and four in all.

    Args:
        run: finished or not.
        metric: its name.
        until: the last iteration to forecast.
        policies: their names; all that can be forecast if there are none.

    Raises:
        UserError: if a name is unknown, its policy or every policy lacks values, or nothing lies ahead.
    """
    curves = [(each, _finite(each)) for each in find_series(run, metric, policies)]
    lacking = {each.policy: lack for each, values in curves if (lack := _lack(metric, values))}
    if lacking and (policies or len(lacking) == len(curves)):
        raise UserError(
            f"{run.directory} allows no forecast of {_policies(lacking)}. To tell how a curve goes on, {FEWEST} "
            "iterations are needed, and 8 or more to tell laws apart: run it again with --iterations, or name another "
            "--policy or --metric."
        )
    found = [
        PolicyForecast(each.policy, each.metric, each.unit, each.num_seeds, forecast(values, until))
        for each, values in curves
        if each.policy not in lacking
    ]
    return Forecasts(found, lacking)


def _finite(measured: Series) -> dict[int, float]:
    return {n: value for n in measured.iterations if (value := measured.mean(n)) is not None}


def _lack(metric: str, values: Mapping[int, float]) -> str:
    """Return what finite values lack to be forecast; nothing where they are enough."""
    if 1 not in values:
        return f"no finite {metric} at iteration 1, from which changes are told"
    return "" if len(values) >= FEWEST else f"only {len(values)} of the {FEWEST} finite values of {metric} it takes"


def _policies(lacking: Mapping[str, str]) -> str:
    """Return policies with what they lack, which is said once."""
    by_lack = {lack: [policy for policy in lacking if lacking[policy] == lack] for lack in lacking.values()}
    return "; ".join(f"{', '.join(policies)} ({lack})" for lack, policies in by_lack.items())


def left_out_sentence(told: Forecasts) -> str:
    """Return which policies are left out, and why."""
    return f"Left out: {_policies(told.left_out)}."


def forecast_sentence(found: PolicyForecast) -> str:
    """Return what is expected of a policy: the law, why, and the change from the first iteration by the last one."""
    last = found.forecast.points[-1]
    low, value, high = (signed(found.excess(each)) for each in (last.low, last.value, last.high))
    law = growth_text(found.forecast.growth)
    return (
        f"{found.policy}: {value} {found.unit} by iteration {last.iteration} (90 % interval {low} to {high}). "
        f"{law[0].upper()}{law[1:]}: {found.forecast.mechanism}."
    )


def forecasts_table(found: Sequence[PolicyForecast]) -> Table:
    """Return one line for each policy and iteration ahead: value and change from the first one, with 90 % intervals."""
    unit = found[0].unit
    table = Table(title=f"{found[0].metric.replace('_', ' ')} ({unit}), measured and expected")
    for header in ("policy", "iteration", "value", "change from 1", "90 % interval of the change"):
        table.add_column(header, justify="left" if header == "policy" else "right")
    for each in found:
        number, value = list(each.forecast.measured.items())[-1]
        table.add_row(each.policy, f"{number} measured", plain(value), signed(each.excess(value)), "")
        points = _thinned(each.forecast.points)
        for point in points:
            low, high = (signed(each.excess(end)) for end in (point.low, point.high))
            cells = (plain(point.value), signed(each.excess(point.value)), f"{low} to {high}")
            table.add_row(each.policy, str(point.iteration), *cells, end_section=point == points[-1])
    return table


def laws_table(found: Sequence[PolicyForecast]) -> Table:
    """Return how likely each law is."""
    laws = list(found[0].forecast.weights)
    table = Table("policy", *laws, title="How likely each law of growth is, by held-out iterations")
    for each in found:
        table.add_row(each.policy, *(f"{each.forecast.weights[law]:.0%}" for law in laws))
    return table


def forecasts_json(told: Forecasts) -> dict[str, Any]:
    """Return forecasts as one JSON document."""
    return {
        "policies": [
            {
                "policy": each.policy, "metric": each.metric, "unit": each.unit, "num_seeds": each.num_seeds,
                "growth": each.forecast.growth.law, "exponent": each.forecast.growth.exponent,
                "limit": each.forecast.growth.limit, "weights": dict(each.forecast.weights),
                "mechanism": each.forecast.mechanism,
            }
            for each in told.found
        ],
        "rows": [
            {
                "policy": each.policy, "iteration": point.iteration, "value": point.value, "low": point.low,
                "high": point.high, "change": each.excess(point.value), "level": 0.9,
            }
            for each in told.found
            for point in each.forecast.points
        ],
        "left_out": [{"policy": policy, "lacks": lack} for policy, lack in told.left_out.items()],
    }  # fmt: skip


def draw_forecasts(found: Sequence[PolicyForecast], path: Path) -> None:
    """Draw what was measured as points and what is expected as dashed lines within their 90 % intervals."""
    looks = styles(each.policy for each in found)
    metric, unit = found[0].metric.replace("_", " "), found[0].unit
    with drawing(path) as figure:
        (axes,) = panels(figure, [""], x="iteration", y=f"{metric} ({unit})")
        count_iterations(axes)
        for each in found:
            look, measured, points = looks[each.policy], each.forecast.measured, each.forecast.points
            last = max(measured)
            ahead = [last, *(point.iteration for point in points)]
            ends = [(point.low, point.high) for point in points]
            low, high = zip((measured[last],) * 2, *ends, strict=True)
            axes.plot(list(measured), list(measured.values()), look.marker, color=look.colour, label=each.policy)
            axes.plot(ahead, [measured[last], *(point.value for point in points)], "--", color=look.colour)
            axes.fill_between(ahead, low, high, color=look.colour, alpha=BAND, linewidth=0)
        legend_below(figure)


def _thinned(points: Sequence[Any]) -> list[Any]:
    stride = -(-len(points) // SHOWN_ROWS)
    return [*points[:-1:stride], points[-1]]

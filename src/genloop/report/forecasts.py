"""How the curves of a run go on, as a table, as JSON, in a sentence, and as a figure."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.table import Table

from genloop.analysis.run_forecasts import Forecasts, PolicyForecast, lacking_text
from genloop.numerals import plain, signed
from genloop.report.figures.look import count_iterations, drawing, legend_below, panels
from genloop.report.palette import styles
from genloop.report.predictions import growth_text

SHOWN_ROWS = 12  # of a table; longer forecasts are thinned
BAND = 0.18  # opacity of an interval


def left_out_sentence(told: Forecasts) -> str:
    """Return which policies are left out, and why."""
    return f"Left out: {lacking_text(told.left_out)}."


def forecast_sentence(found: PolicyForecast) -> str:
    """Return what is expected of a policy: the law, why, and the change from the first iteration by the last one."""
    last = found.forecast.points[-1]
    low, value, high = (signed(found.excess(each)) for each in (last.low, last.value, last.high))
    law = growth_text(found.forecast.growth)
    return (
        f"{found.policy}: {value} {found.unit} by iteration {last.iteration} (90 % interval {low} to {high}). "
        f"{law[0].upper()}{law[1:]}: {found.forecast.mechanism}."
        + (f" Under this policy, {known}." if (known := known_text(found)) else "")
    )


def known_text(found: PolicyForecast) -> str:
    """Return what is known of a policy without a measurement: what of its fits is real, and how errors grow."""
    if found.real_shares is None or found.theory is None:
        return ""
    least, last = found.real_shares
    real = (
        f"{100 * least:.3g} % or more of each fit so far is real" if least else "some training sets hold nothing real"
    )
    real = "nothing real is left in the training set" if last == 0 else real
    if found.theory.law == "unsettled":
        return real
    end = "are bounded" if found.theory.law == "bounded" else f"grow without end ({found.theory.law})"
    return f"{real}, and by theory errors of averages {end}" + (", if its rows go on so" if found.theory.seen else "")


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
                "mechanism": each.forecast.mechanism, "known": known_text(each),
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

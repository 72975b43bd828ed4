"""Charts as plain values that Plotly's script draws, with the colours of `theme`.

Plotly reads its texts as a kind of HTML, so each that comes from outside is escaped here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any

from genloop.report.html.metric_curves import Curve, MetricCurves, Point
from genloop.report.html.theme import LINE, MUTED, PAPER, REAL_DATA, TEXT, band_colour, line_colour
from genloop.report.palette import THEORY_DASH, Style, floor_dash

SYMBOLS: Mapping[str, str] = {  # a marker in the letters of matplotlib -> its name in Plotly
    "o": "circle",
    "s": "square",
    "D": "diamond",
    "^": "triangle-up",
    "v": "triangle-down",
    "P": "cross",
    "X": "x",
    "<": "triangle-left",
    ">": "triangle-right",
}
DIGITS = 6  # of a number in a chart
WIDTH = 2.5  # of a line, in pixels
HEIGHT = 360
LEGEND_HEIGHT = 12  # that an entry of the legend adds; two of them stand side by side
MOST_TICKS = 12
MOST_MARKERS = 15  # large ones, of a line
TRANSPARENT = "rgba(0, 0, 0, 0)"


@dataclass(frozen=True)
class Chart:
    """One picture.

    Attributes:
        description: what it shows, for those who do not see it.
        traces: what is drawn, in Plotly's words.
        layout: how, in Plotly's words.
    """

    description: str
    traces: list[dict[str, Any]]
    layout: dict[str, Any]


def metric_chart(metric: MetricCurves, looks: Mapping[str, Style]) -> Chart:
    """Return a metric against the iteration, with intervals, theory's prediction and the noise floor.

    Args:
        metric: the numbers.
        looks: of every line, by label.
    """
    traces = [trace for curve in metric.curves if curve.has_band for trace in _band(curve, looks[curve.label])]
    traces += [trace for curve in metric.curves for trace in _curve_traces(curve, looks[curve.label])]
    traces += [
        _floor_trace(name, floor, floor_dash(place), metric.last)
        for place, (name, floor) in enumerate(metric.floors.items())
        if floor.mean is not None
    ]
    labels = ", ".join(curve.label for curve in metric.curves)
    description = f"Chart of {metric.title} in {metric.unit} against the iteration: {labels}. The numbers are below."
    num_entries = sum(trace.get("showlegend", True) for trace in traces)
    return Chart(description, traces, layout(f"{metric.title} ({metric.unit})", metric.last, num_entries))


def layout(y_title: str, last: int, num_traces: int, **changes: Any) -> dict[str, Any]:
    """Return what all charts have in common: iterations from left to right, and nothing that moves by accident.

    Args:
        y_title: what is upwards.
        last: the last iteration.
        num_traces: entries of the legend; none is shown of fewer than two.
        changes: what is different in one chart.
    """
    axis = {"zeroline": False, "fixedrange": True, "automargin": True, "gridcolor": LINE, "linecolor": MUTED}
    iterations = {
        "title": {"text": "iteration", "standoff": 8},
        "unifiedhovertitle": {"text": "iteration %{x}"},
        "range": [0.7, last + 0.3],
        "tickmode": "linear",
        "tick0": 1,
        "dtick": -(-last // MOST_TICKS),
        "showgrid": False,
    }
    return {
        "xaxis": axis | iterations,
        "yaxis": axis | {"title": {"text": plain(y_title), "standoff": 12}, "nticks": 7},
        "height": HEIGHT + LEGEND_HEIGHT * num_traces,
        "margin": {"l": 8, "r": 8, "t": 8, "b": 8},
        "font": {"family": "system-ui, sans-serif", "size": 13, "color": TEXT},
        "paper_bgcolor": TRANSPARENT,
        "plot_bgcolor": TRANSPARENT,
        "legend": {"orientation": "h", "x": 0, "xanchor": "left", "yref": "container", "y": 0, "yanchor": "bottom"},
        "hoverlabel": {"bgcolor": PAPER, "bordercolor": LINE, "font": {"color": TEXT}},
        "hovermode": "x unified",
        "dragmode": False,
        "showlegend": num_traces > 1,
    } | changes


def line_trace(name: str, places: Iterable[float], values: Iterable[float | None], **changes: Any) -> dict[str, Any]:
    """Return a line."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": plain(name),
        "x": rounded(places),
        "y": rounded(values),
        "hovertemplate": "%{y:.4~g}",
    } | changes


def dash(style: Iterable[float], width: float) -> str:
    """Return a dash in pixels, given in line widths."""
    return ", ".join(f"{part * width:g}px" for part in style) or "solid"


def plain(text: str) -> str:
    """Return text in which Plotly finds nothing to act on."""
    return escape(text, quote=False)


def rounded(values: Iterable[float | None]) -> list[float | None]:
    return [None if value is None else float(f"{value:.{DIGITS}g}") for value in values]


def _curve_traces(curve: Curve, look: Style) -> Iterable[dict[str, Any]]:
    colour, points = line_colour(look), curve.points.values()
    yield line_trace(
        curve.label,
        curve.points,
        (point.mean for point in points),
        mode="lines+markers",
        error_y=_bars(points, colour),
        customdata=[_margin_text(point) for point in points],
        hovertemplate="%{y:.4~g}%{customdata}",
        line={"color": colour, "width": WIDTH, "dash": dash(look.dash, WIDTH)},
        marker={"symbol": SYMBOLS[look.marker], "size": 9 if len(points) <= MOST_MARKERS else 5},
    )
    if curve.final:
        yield line_trace(
            f"{curve.label}, {curve.final_estimator}",
            curve.final,
            (point.mean for point in curve.final.values()),
            mode="markers",
            error_y=_bars(curve.final.values(), colour),
            marker={"symbol": f"{SYMBOLS[look.marker]}-open", "size": 10, "color": colour},
        )
    if curve.theory:
        line = {"color": colour, "width": 1.5, "dash": dash(THEORY_DASH, 2.5)}
        yield line_trace(f"{curve.label}, theory", range(1, len(curve.theory) + 1), curve.theory, line=line)


def _band(curve: Curve, look: Style) -> Iterable[dict[str, Any]]:
    """Return the median, and a band from the 5 % to the 95 % quantile over replicates."""
    colour, quantiles = line_colour(look), [point.quantiles for point in curve.points.values() if point.quantiles]
    hidden = {"line": {"width": 0}, "hoverinfo": "skip", "showlegend": False, "hovertemplate": None}
    yield line_trace(f"{curve.label}, 5 %", curve.points, (each.q05 for each in quantiles), **hidden)
    filled = {"fill": "tonexty", "fillcolor": band_colour(look)}
    yield line_trace(f"{curve.label}, 95 %", curve.points, (each.q95 for each in quantiles), **hidden, **filled)
    dots = {"line": {"color": colour, "width": 1.5, "dash": "dot"}}
    yield line_trace(f"{curve.label}, median", curve.points, (each.median for each in quantiles), **dots)


def _bars(points: Iterable[Point], colour: str) -> dict[str, Any]:
    margins = [point.margin for point in points]
    if not any(margins):
        return {"visible": False}
    return {"type": "data", "array": rounded(margins), "color": colour, "thickness": 1.5, "width": 4}


def _margin_text(point: Point) -> str:
    return "" if point.margin is None else f" ± {point.margin:.2g}"


def _floor_trace(name: str, floor: Point, strokes: Iterable[float], last: int) -> dict[str, Any]:
    line = {"color": REAL_DATA, "width": 1.5, "dash": dash(strokes, 1.5)}
    template = "%{y:.4~g}" + _margin_text(floor)
    # iterations too, as a label is shown only where a line has a point
    places = [0.7, *range(1, last + 1), last + 0.3]
    return line_trace(name, places, [floor.mean] * len(places), line=line, hovertemplate=template)

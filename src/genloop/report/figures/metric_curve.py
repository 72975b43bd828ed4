"""One metric of one policy against the iteration, as a line with bars."""

import math
from collections.abc import Sequence
from statistics import mean
from typing import Any

from matplotlib.axes import Axes

from genloop.analysis.change import standard_error
from genloop.analysis.series import Curve
from genloop.report.figures.look import spacing
from genloop.report.palette import Style


def draw_curve(axes: Axes, label: str, curve: Curve, errors: Curve, style: Style, **changes: Any) -> None:
    """Draw one line of some axes; its bars are standard errors over seeds or, of one seed, those in `errors`.

    `changes` are of its look. There is no point where a seed's value is not finite, but room for it.
    """
    points = {n: _all_finite(values) for n, values in sorted(curve.items())}
    means = [mean(values) if values else math.nan for values in points.values()]
    spreads = [standard_error(values, next(iter(errors.get(n, [])), None)) or 0.0 for n, values in points.items()]
    axes.errorbar(
        list(points), means, yerr=spreads,
        color=style.colour, marker=style.marker, linestyle=style.line, markevery=spacing(len(points)), label=label,
        **changes,
    )  # fmt: skip
    axes.update_datalim([(n, 0.0) for n in points], updatey=False)


def _all_finite(values: Sequence[float | None]) -> list[float]:
    """Return the values of all seeds; none at all where one is not finite."""
    finite = [value for value in values if value is not None]
    return finite if len(finite) == len(values) else []

"""Lines of figures: a metric of a policy against the iteration."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from statistics import mean

from matplotlib.axes import Axes

from genloop.analysis.series import Curve, series
from genloop.analysis.spread import standard_error
from genloop.report.figures.look import spacing
from genloop.report.figures.palette import Style
from genloop.runs.record import RecordedIteration, Row, Run


@dataclass(frozen=True, eq=False)
class Line:
    """A policy of a run.

    Attributes:
        label: the policy, after the run's name where other runs have it too.
        policy: as it is written.
        run: the run, finished or not.
    """

    label: str
    policy: str
    run: Run

    @cached_property
    def rows(self) -> list[Row]:
        """All numbers measured so far."""
        return [row for row in self.run.rows() if row.policy == self.policy]

    @cached_property
    def floor(self) -> list[Row]:
        """What real data score in the place of samples."""
        return [row for row in self.run.noise_floor() if row.policy == self.policy]

    def curve(self, metric: str) -> Curve:
        """Return the values of a metric, one for each seed, at the iterations that all seeds have."""
        return next((measured.curve for measured in series(self.rows, metric)), {})

    @property
    def iterations(self) -> list[RecordedIteration]:
        """The rounds of all seeds, earlier ones first."""
        return [item for item in self.run.record.iterations if item.policy == self.policy]

    @property
    def first_seed(self) -> list[RecordedIteration]:
        """The rounds of the first seed."""
        return [item for item in self.iterations if item.seed == self.iterations[0].seed]


def lines_of(runs: Sequence[Run]) -> list[Line]:
    """Return all policies of some runs; where two runs share one, the names of the runs stand before all policies."""
    found = [(run, policy) for run in runs for policy in dict.fromkeys(item.policy for item in run.record.iterations)]
    if len({policy for _, policy in found}) == len(found):
        return [Line(policy, policy, run) for run, policy in found]
    named = dict(zip(runs, run_names(runs), strict=True))
    return [Line(f"{named[run]} · {policy}", policy, run) for run, policy in found]


def run_names(runs: Sequence[Run]) -> list[str]:
    """Return what tells some runs apart: their names or, where two are equal, their folders as they were written."""
    names = [run.record.name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.directory) for run in runs]


def draw_curve(axes: Axes, label: str, curve: Curve, errors: Curve, style: Style) -> None:
    """Draw one line of some axes; its bars are standard errors over seeds or, of one seed, those in `errors`.

    There is no point where a seed's value is not finite, but room for it.
    """
    points = {n: _all_finite(values) for n, values in sorted(curve.items())}
    means = [mean(values) if values else math.nan for values in points.values()]
    spreads = [standard_error(values, next(iter(errors.get(n, [])), None)) or 0.0 for n, values in points.items()]
    axes.errorbar(
        list(points), means, yerr=spreads,
        color=style.colour, marker=style.marker, linestyle=style.line, markevery=spacing(len(points)), label=label,
    )  # fmt: skip
    axes.update_datalim([(n, 0.0) for n in points], updatey=False)


def _all_finite(values: Sequence[float | None]) -> list[float]:
    """Return the values of all seeds; none at all where one is not finite."""
    finite = [value for value in values if value is not None]
    return finite if len(finite) == len(values) else []

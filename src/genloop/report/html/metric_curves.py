"""Every measured metric against the iteration, over one run or several: the numbers that charts and tables show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from genloop.analysis.arms import Arm
from genloop.analysis.floors import floors_of
from genloop.analysis.predicted import predicted
from genloop.analysis.series import Series, is_shown, series
from genloop.theory.student import NORMAL_QUANTILE, student_quantile
from genloop.values import ASPECTS, Quantiles

OTHER = "other values"


@dataclass(frozen=True)
class Point:
    """What was measured at one place.

    Attributes:
        mean: over the seeds; None where a value is not finite.
        margin: half the width of its 90 % interval: by Student's t over seeds or, of one seed, by the standard error
            that the metric recorded; None where nothing tells.
        num_seeds: values that the mean is of.
        quantiles: over replicates, where they were recorded.
    """

    mean: float | None
    margin: float | None
    num_seeds: int
    quantiles: Quantiles | None = None


@dataclass(frozen=True)
class Curve:
    """A metric under one policy of one run.

    Attributes:
        label: the policy, after the run's name where there are several runs.
        points: by iteration.
        theory: what theory predicts for iteration 1, 2, ...; empty where it says nothing.
        final: the last iteration, where another estimator fitted its model.
        final_estimator: which; empty where none did.
    """

    label: str
    points: Mapping[int, Point]
    theory: tuple[float, ...] = ()
    final: Mapping[int, Point] = field(default_factory=dict[int, Point])
    final_estimator: str = ""

    @property
    def has_band(self) -> bool:
        """Whether quantiles over replicates were recorded at every iteration."""
        return bool(self.points) and all(point.quantiles for point in self.points.values())


@dataclass(frozen=True)
class MetricCurves:
    """One metric under all policies.

    Attributes:
        metric: its name.
        unit: of the values.
        about: which scorer judges which data.
        looked_at: how much of every sample, with its unit; empty where nothing tells.
        aspect: what of a collapse the metric tells of.
        curves: one for each policy and run.
        floors: what real data score in the place of samples, each once, by name.
    """

    metric: str
    unit: str
    about: str
    looked_at: str
    aspect: str
    curves: tuple[Curve, ...]
    floors: Mapping[str, Point]

    @property
    def title(self) -> str:
        return self.metric.replace("_", " ")

    @property
    def last(self) -> int:
        return max(iteration for curve in self.curves for iteration in (*curve.points, *curve.final))


def metric_curves(arms: Sequence[Arm]) -> list[MetricCurves]:
    """Return all metrics measured so far by their aspects, the test loss first."""
    about = {metric: text for arm in arms for text, metrics in arm.run.values().items() for metric in metrics}
    looked_at = _looked_at(arms)
    aspects = {value.name: value.aspect or OTHER for arm in arms for value in arm.run.declared()}
    measured = dict.fromkeys((row.metric, row.unit) for arm in arms for row in arm.rows if is_shown(row.metric))
    curves = {each: _curves(arms, *each) for each in measured}
    found = [
        MetricCurves(
            metric,
            unit,
            about[metric],
            looked_at.get(metric, ""),
            aspects[metric],
            of_arms,
            _floors(arms, metric, unit),
        )
        for (metric, unit), of_arms in curves.items()
        if any(curve.points for curve in of_arms)  # at iterations that all seeds have
    ]
    order = [*ASPECTS, OTHER]
    return sorted(found, key=lambda each: (order.index(each.aspect), each.metric != "test_loss"))


def _looked_at(arms: Sequence[Arm]) -> dict[str, str]:
    """Return how much of every sample each metric looks at; runs of one page may differ."""
    found: dict[str, dict[str, None]] = {}
    for arm in arms:
        for metric, num in arm.run.looked_at().items():
            found.setdefault(metric, {})[f"{num:,} {arm.run.record.unit}s"] = None
    return {metric: " or ".join(amounts) for metric, amounts in found.items()}


def point(measured: Series, iteration: int) -> Point:
    """Return mean and interval of an iteration."""
    error, num_seeds = measured.standard_error(iteration), measured.num_seeds
    quantile = student_quantile(num_seeds - 1) if num_seeds > 1 else NORMAL_QUANTILE
    margin = None if error is None else error * quantile
    return Point(measured.mean(iteration), margin, num_seeds, measured.quantiles(iteration))


def _curves(arms: Sequence[Arm], metric: str, unit: str) -> tuple[Curve, ...]:
    return tuple(curve for arm in arms if (curve := _curve(arm, metric, unit)) is not None)


def _curve(arm: Arm, metric: str, unit: str) -> Curve | None:
    points, other = _points(arm, metric, unit), arm.run.final_estimator
    final = _points(arm, metric, unit, other) if other else {}
    if not points and not final:
        return None
    theory = predicted(arm.run, metric).get(arm.policy, ())
    return Curve(arm.label, points, tuple(map(float, theory)), final, other or "")


def _points(arm: Arm, metric: str, unit: str, estimator: str | None = None) -> dict[int, Point]:
    found = [each for each in series(arm.rows, metric, estimator=estimator) if each.unit == unit]
    return {number: point(measured, number) for measured in found for number in measured.iterations}


def _floors(arms: Sequence[Arm], metric: str, unit: str) -> dict[str, Point]:
    found = floors_of(arms, metric, unit)
    return {name: point(measured, *measured.iterations) for name, measured in found.items()}

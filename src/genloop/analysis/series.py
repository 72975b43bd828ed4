"""One metric of one policy, by seed and iteration, and how much of it is noise.

A run that is not finished has some seeds ahead of others: only iterations that all seeds have are looked at. A value
that is not finite counts as none.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from statistics import mean

import numpy as np

from genloop.analysis.change import Change, standard_error
from genloop.errors import UserError, unknown_name
from genloop.policy_text import parse_policy, policy_name
from genloop.runs.record import Row, Run
from genloop.theory.student import NORMAL_QUANTILE, student_quantile
from genloop.values import Quantiles

Values = Mapping[int, Mapping[int, float | None]]  # seed -> iteration -> value
Curve = Mapping[int, Sequence[float | None]]  # iteration -> one value for each seed

LEARNING_CURVE = "test_loss_at_"  # begins the names of values within a fit; the share of its steps follows
FEWEST_POINTS = 3  # of a line whose scatter says something
FEWEST_SEEDS = 3  # whose spread says more than the scatter of iterations: Student's interval of two is 6.3 errors wide


@dataclass(frozen=True)
class Slope:
    """How much a series rises per iteration, with half the width of its 90 % interval; None where nothing tells."""

    mean: float
    margin: float | None


@dataclass(frozen=True, eq=False)
class Series:
    """The values of one metric under one policy.

    Attributes:
        policy: its name.
        metric: name of the value.
        unit: of the values.
        values: by seed and iteration.
        errors: standard errors that the metric recorded; None where it told none.
        spreads: quantiles over replicates that the metric recorded; None likewise.
    """

    policy: str
    metric: str
    unit: str
    values: Values
    errors: Values
    spreads: Mapping[int, Mapping[int, Quantiles | None]]

    @cached_property
    def iterations(self) -> list[int]:
        """Those that all seeds have, earlier ones first."""
        return sorted(set.intersection(*(set(of_seed) for of_seed in self.values.values())))

    @property
    def num_seeds(self) -> int:
        return len(self.values)

    def at(self, iteration: int) -> list[float | None]:
        """Return the values of an iteration, one for each seed."""
        return [of_seed[iteration] for of_seed in self.values.values()]

    def mean(self, iteration: int) -> float | None:
        """Return the mean over seeds; None where one of them is not finite."""
        values = [value for value in self.at(iteration) if value is not None]
        return mean(values) if len(values) == self.num_seeds else None

    @property
    def curve(self) -> Curve:
        """The values of the iterations that all seeds have."""
        return {iteration: self.at(iteration) for iteration in self.iterations}

    @property
    def recorded_errors(self) -> Curve:
        """The standard errors that the metric recorded, at the iterations that all seeds have."""
        return {
            iteration: [of_seed.get(iteration) for of_seed in self.errors.values()] for iteration in self.iterations
        }

    def standard_error(self, iteration: int) -> float | None:
        """Return the standard error of the mean: over seeds or, of a single one, that which its metric recorded."""
        values = [value for value in self.at(iteration) if value is not None]
        recorded = next(iter(self.errors.values()), {}).get(iteration)
        return standard_error(values, recorded) if len(values) == self.num_seeds else None

    def quantiles(self, iteration: int) -> Quantiles | None:
        """Return the quantiles over replicates, each averaged over seeds; None unless all seeds have them."""
        of_seeds = [of_seed.get(iteration) for of_seed in self.spreads.values()]
        levels = [astuple(each) for each in of_seeds if each is not None]
        if not levels or len(levels) < self.num_seeds:
            return None
        return Quantiles(*(None if None in level else mean(level) for level in zip(*levels, strict=True)))

    def change(self, iteration: int) -> Change:
        """Return how much the value has changed since the first iteration."""
        return Change.between(self.at(iteration), self.at(self.iterations[0]), self.unit)

    def measurement_margin(self, iteration: int) -> float | None:
        """Return half the width of the 90 % interval of the change by the recorded standard errors, in quadrature.

        They tell how exactly each model was measured, or, of many loops run as one, how much loops differ; None unless
        they were recorded for a single seed.
        """
        if self.num_seeds > 1:
            return None
        (of_seed,) = self.errors.values()
        first, last = (of_seed.get(each) for each in (self.iterations[0], iteration))
        if first is None or last is None:
            return None
        return NORMAL_QUANTILE * (first**2 + last**2) ** 0.5

    def slope(self, iterations: list[int]) -> Slope | None:
        """Return the slope of the least-squares line through the values at some iterations.

        Three seeds or more tell by their spread how sure it is, fewer by the scatter of their mean around the line.
        None for fewer than two finite points.
        """
        points = self._finite(iterations)
        if len(points) < 2:
            return None
        table = np.array([[of_seed[n] for n in points] for of_seed in self.values.values()], float)  # (seed, iteration)
        centred = np.array(points) - np.mean(points)
        slopes = table @ centred / (centred @ centred)
        if self.num_seeds >= FEWEST_SEEDS:
            return Slope(float(slopes.mean()), Change(tuple(slopes.tolist())).margin)
        scatter = self.scatter_margin(iterations)
        margin = None if scatter is None else scatter / float(centred @ centred) ** 0.5
        return Slope(float(slopes.mean()), margin)

    def scatter_margin(self, iterations: list[int]) -> float | None:
        """Return how far 90 % of single values, averaged over seeds, scatter around the line through some iterations.

        By Student's t; None for fewer than three finite points.
        """
        points = self._finite(iterations)
        if len(points) < FEWEST_POINTS:
            return None
        means = np.array([self.mean(n) for n in points], float)
        residuals = means - np.polynomial.Polynomial.fit(points, means, 1)(np.array(points))
        freedom = len(points) - 2
        return float(np.sqrt(residuals @ residuals / freedom)) * student_quantile(freedom)

    def _finite(self, iterations: list[int]) -> list[int]:
        return [n for n in iterations if self.mean(n) is not None]


def is_shown(metric: str) -> bool:
    """Whether a value has a curve of its own: values within a fit stand elsewhere."""
    return not metric.startswith(LEARNING_CURVE)


def series(rows: Iterable[Row], metric: str, *, estimator: str | None = None) -> list[Series]:
    """Return a metric of every policy that it was measured for, in the order of the rows.

    Args:
        rows: what was measured.
        metric: name of the value.
        estimator: whose models are meant: the `final_estimator` of a run, or that of all other models.
    """
    found: dict[str, dict[int, dict[int, Row]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        if (row.metric, row.estimator) == (metric, estimator):
            found[row.policy][row.seed][row.iteration] = row
    every = [_of_policy(rows_of_seeds) for rows_of_seeds in found.values()]
    return [each for each in every if each.iterations]


def _of_policy(rows: Mapping[int, Mapping[int, Row]]) -> Series:
    """Return the series of rows by seed and iteration."""
    values = {seed: {n: row.value for n, row in of_seed.items()} for seed, of_seed in rows.items()}
    errors = {seed: {n: row.standard_error for n, row in of_seed.items()} for seed, of_seed in rows.items()}
    spreads = {seed: {n: row.quantiles for n, row in of_seed.items()} for seed, of_seed in rows.items()}
    row = next(row for of_seed in rows.values() for row in of_seed.values())
    return Series(row.policy, row.metric, row.unit, values, errors, spreads)


def find_series(run: Run, metric: str, policies: Sequence[str] = ()) -> list[Series]:
    """Return a metric of some policies of a run, or of all.

    Args:
        run: finished or not.
        metric: name of a value that was measured.
        policies: names of policies that the run has; all if there are none.

    Raises:
        UserError: if a name is unknown, or nothing has been measured.
    """
    rows = list(run.rows())
    measured = {row.metric for row in rows}
    if not measured:
        raise UserError(f"{run.directory} has no results yet. Run it first, or wait for its first iteration.")
    if metric not in measured:
        raise unknown_name("metric of this run", metric, measured)
    found = {each.policy: each for each in series(rows, metric)}
    wanted = [each if each in found else policy_name(parse_policy(each)) for each in policies] or list(found)
    for policy in wanted:
        if policy not in found:
            raise unknown_name("policy of this run", policy, found)
    return [found[policy] for policy in dict.fromkeys(wanted)]

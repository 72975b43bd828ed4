"""How a metric of a run goes on under each of its policies."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from genloop.analysis.expected import expected_of, real_shares
from genloop.analysis.forecast import FARTHEST, FEWEST, Forecast, forecast
from genloop.analysis.series import Series, find_series
from genloop.errors import UserError
from genloop.policy_text import is_own_policy, parse_policy
from genloop.runs.record import Run
from genloop.theory.growth import Growth, growth_of


@dataclass(frozen=True)
class PolicyForecast:
    """How a metric goes on under one policy.

    Attributes:
        policy: its name.
        metric: name of the value, averaged over seeds.
        unit: of the values.
        num_seeds: loops averaged.
        forecast: of the values.
        real_shares: what part of the fits is real, the least so far and the last; None of policies of the user's own.
        theory: how errors of averages grow under this policy; None likewise.
    """

    policy: str
    metric: str
    unit: str
    num_seeds: int
    forecast: Forecast
    real_shares: tuple[float, float] | None = None
    theory: Growth | None = None

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
            f"{run.directory} allows no forecast of {lacking_text(lacking)}. To tell how a curve goes on, {FEWEST} "
            "iterations are needed, and 8 or more to tell laws apart: run it again with --iterations, or name another "
            "--policy or --metric."
        )
    found = [_policy_forecast(run, each, values, until) for each, values in curves if each.policy not in lacking]
    return Forecasts(found, lacking)


def _policy_forecast(run: Run, measured: Series, values: Mapping[int, float], until: int) -> PolicyForecast:
    written, metric, last = measured.policy, measured.metric, max(values)
    expected = expected_of(run, written, metric, until) if last < until <= FARTHEST else None
    found = forecast(values, until, expected=expected, bounds=_bounds(run, metric))
    if is_own_policy(written):
        return PolicyForecast(written, metric, measured.unit, measured.num_seeds, found)
    policy = parse_policy(written)
    known = real_shares(policy, last), growth_of(policy)
    return PolicyForecast(written, metric, measured.unit, measured.num_seeds, found, *known)


def _bounds(run: Run, metric: str) -> tuple[float, float]:
    """Return the least and the greatest number that a value can be, by what its metric declares."""
    least, most = next((value.bounds for value in run.declared() if value.name == metric), (None, None))
    return -math.inf if least is None else least, math.inf if most is None else most


def _finite(measured: Series) -> dict[int, float]:
    return {n: value for n in measured.iterations if (value := measured.mean(n)) is not None}


def _lack(metric: str, values: Mapping[int, float]) -> str:
    """Return what finite values lack to be forecast; nothing where they are enough."""
    if 1 not in values:
        return f"no finite {metric} at iteration 1, from which changes are told"
    return "" if len(values) >= FEWEST else f"only {len(values)} of the {FEWEST} finite values of {metric} it takes"


def lacking_text(lacking: Mapping[str, str]) -> str:
    """Return policies with what they lack, which is said once."""
    by_lack = {lack: [policy for policy in lacking if lacking[policy] == lack] for lack in lacking.values()}
    return "; ".join(f"{', '.join(policies)} ({lack})" for lack, policies in by_lack.items())

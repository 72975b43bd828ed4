"""The policies of one run or several, side by side."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from genloop.analysis.series import Curve, Series, series
from genloop.runs.record import RecordedIteration, Row, Run


@dataclass(frozen=True, eq=False)
class Arm:
    """One arm of a run: all of its loops under one policy.

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

    def curve(self, metric: str, *, final: bool = False) -> Curve:
        """Return the values of a metric, one for each seed, at the iterations that all seeds have.

        Args:
            metric: name of the value.
            final: only of the last model, where another estimator fitted it, which is in no other curve.
        """
        return next((measured.curve for measured in self._series(metric, final)), {})

    def errors(self, metric: str, *, final: bool = False) -> Curve:
        """Return the standard errors that were recorded of a metric, at the same places as its values."""
        return next((measured.recorded_errors for measured in self._series(metric, final)), {})

    def _series(self, metric: str, final: bool) -> list[Series]:
        if not final:
            return series(self.rows, metric)
        return series(self.rows, metric, estimator=self.run.final_estimator) if self.run.final_estimator else []

    @property
    def iterations(self) -> list[RecordedIteration]:
        """The rounds of all seeds, earlier ones first."""
        return [item for item in self.run.record.iterations if item.policy == self.policy]

    @property
    def first_seed(self) -> list[RecordedIteration]:
        """The rounds of the first seed."""
        return [item for item in self.iterations if item.seed == self.iterations[0].seed]


def arms_of(runs: Sequence[Run]) -> list[Arm]:
    """Return all policies of some runs; where two runs share one, the names of the runs stand before all policies."""
    found = [(run, policy) for run in runs for policy in dict.fromkeys(item.policy for item in run.record.iterations)]
    if len({policy for _, policy in found}) == len(found):
        return [Arm(policy, policy, run) for run, policy in found]
    named = dict(zip(runs, run_names(runs), strict=True))
    return [Arm(f"{named[run]} · {policy}", policy, run) for run, policy in found]


def run_names(runs: Sequence[Run]) -> list[str]:
    """Return what tells some runs apart: their names or, where two are equal, their folders as they were written."""
    names = [run.record.name for run in runs]
    return names if len(set(names)) == len(names) else [str(run.directory) for run in runs]

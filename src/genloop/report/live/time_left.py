"""How long the rest of a run will take, by the estimates of `genloop plan`, without preparing or locking anything."""

from collections.abc import Mapping

from genloop.errors import UserError
from genloop.experiment_file import from_dict
from genloop.loop import plan_iterations
from genloop.plan import make_plan
from genloop.report.live.run_state import Observer, RunState
from genloop.runs.record import Run
from genloop.steps import Prepare
from genloop.types import Context


class TimeLeft:
    """Estimates the rest of a run, anew after every finished step."""

    def __init__(self, observer: Observer) -> None:
        self._observer = observer
        self._missing: tuple[str, ...] = ()
        self._seconds: Mapping[str, float] = {}

    def of(self, state: RunState) -> float | None:
        """Return the seconds until the run is complete, shared by the processes that compute it.

        A step that tells its rate is thought to go on at that; another one takes what is left of its estimate. None
        means that nothing is known.
        """
        if state.missing != self._missing:
            self._missing = state.missing
            self._seconds = _estimates(Run(self._observer.directory), self._observer) if state.missing else {}
        if not self._seconds:
            return None
        left = {key: self._seconds.get(key, 0.0) for key in state.missing}
        longest = 0.0
        for work in state.works:
            share = work.said.done / work.said.total if work.said.total else 0.0
            own = work.said.seconds_left if work.is_alive else None
            left[work.key] = left[work.key] * (1 - share) if own is None else own
            longest = max(longest, left[work.key])
        return max(longest, sum(left.values()) / max(1, len(state.alive)))


def _estimates(run: Run, observer: Observer) -> Mapping[str, float]:
    """Return the seconds that each missing step is thought to take, by key.

    Nothing is returned for an experiment that cannot be read back, as one of the user's own classes, or whose packages
    are not here.
    """
    prepared = observer.manifest(run, run.record.source)
    if prepared is None:
        return {}
    try:
        experiment = from_dict(run.record.experiment)
        real = Prepare(experiment.source, known_key=run.record.source)
        num_train, num_test = prepared.count("num_train"), prepared.count("num_test")
        rounds = plan_iterations(experiment, num_train, real, num_test=num_test)
        plan = make_plan(rounds, lambda step: observer.manifest(run, step.key), real.load(run.store.path, Context()))
    except (UserError, ImportError):
        return {}
    return {planned.step.key: planned.seconds for planned in plan.missing}

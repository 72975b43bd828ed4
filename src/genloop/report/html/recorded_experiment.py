"""The experiment of a run, built again from its record, where that can be."""

from dataclasses import dataclass

from genloop.data.extras import missing_extra
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict
from genloop.runs.record import Run


@dataclass(frozen=True)
class Recorded:
    """What a record brings back.

    Attributes:
        experiment: None where it cannot be built.
        problem: why; empty if it can.
    """

    experiment: Experiment | None
    problem: str = ""


def recorded_experiment(run: Run) -> Recorded:
    """Return the experiment of a run: a record names no classes of the user's own, and packages may be missing."""
    try:
        return Recorded(from_dict(run.record.experiment))
    except ModuleNotFoundError as error:
        return Recorded(None, str(missing_extra(error)))
    except UserError:
        return Recorded(None, "the run uses classes that its record does not bring back, such as your own.")

"""Data of a run as a file: what a model was fitted on, or what it generated, and who made each example.

Formats are those of the run's domain. Only a drawn training set is listed before it is written, as it is before a fit.
"""

from pathlib import Path

import genloop
from genloop.errors import UserError
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import Part, numbered_view, origins, parts_of, recorded_domain

FOLDER = "/"  # the ending of a place without one


def check_ending(run: Run, place: Path) -> None:
    """Raise UserError unless the data of a run can be written as what the ending of a place says."""
    endings = list(recorded_domain(run).formats)
    if (place.suffix or FOLDER) in endings:
        return
    files = " or ".join(ending for ending in endings if ending != FOLDER)
    told = f"a file that ends in {files}" + (", or a folder without any ending" if FOLDER in endings else "")
    remedy = f"Name {told}" if endings else "Export the model with --model"
    raise UserError(f"--data {place}: the {run.record.unit}s of {run.record.name} cannot be written as that. {remedy}.")


def write_data(run: Run, item: RecordedIteration, part: Part, path: Path, ending: str) -> None:
    """Write the examples of one part of an iteration: source, iteration, model and, where some differ, weight of each.

    Args:
        run: the run.
        item: the iteration.
        part: `train` for the training set, in its order, or `samples` for what the model generated.
        path: the new file or folder.
        ending: of the name that it will have.

    Raises:
        UserError: if the data are not there yet, or have changed since they were written.
    """
    domain, parts = recorded_domain(run), parts_of(run, item, part)
    facts = {
        "version": genloop.__version__,
        "run": run.record.name,
        "policy": item.policy,
        "iteration": item.iteration,
        "seed": item.seed,
        "part": part,
    }
    domain.formats[ending or FOLDER].write(numbered_view(run, domain, parts), path, origins(run, parts, facts))

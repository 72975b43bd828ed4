"""Molecules of a run as an SDF file, which RDKit, PyMOL and most programs of chemistry read."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.errors import UserError
from genloop.runs.record import RecordedIteration, Run
from genloop.runs.recorded_data import Part, numbered_view, origins, parts_of


def write_molecules(run: Run, item: RecordedIteration, part: Part, path: Path) -> None:
    """Write the conformations of one part of an iteration, each with source, iteration, model and weight as properties.

    Args:
        run: the run.
        item: the iteration.
        part: `train` for the training set, in its order, or `samples` for what the model generated.
        path: the file.

    Raises:
        UserError: if the data are no molecules, are not there yet, or have changed since they were written.
    """
    parts = parts_of(run, item, part)
    data = numbered_view(run, parts)
    if not isinstance(data, MoleculeDataset):
        raise UserError(
            f"An .sdf file holds molecules, and the data of {run.record.name} are {run.record.unit}s. "
            "Name a .parquet file for texts or images, or export the model with --model."
        )
    from genloop.data.molecules.sdf import write_sdf  # which needs RDKit

    about = [{name: value for name, value in each.items() if value is not None} for each in origins(run, parts)]
    numbers = data.weights.astype(int)

    def properties(index: int) -> Mapping[str, Any]:
        return {**about[numbers[index]], "policy": item.policy, "seed": item.seed}

    write_sdf(data, path, properties)

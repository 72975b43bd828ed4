"""What a model was made from, as the manifests of a run's results say it; no file of the user's own is read again."""

from dataclasses import dataclass
from typing import Any

from genloop.errors import UserError
from genloop.runs.record import Run
from genloop.store import Manifest


@dataclass(frozen=True)
class Origin:
    """Who wrote some data.

    Attributes:
        source: `real`, or `model 3` for the model of iteration 3.
        iteration: of that model; 0 for real data.
        model: its key; None for real data.
    """

    source: str
    iteration: int
    model: str | None


def finished(run: Run, key: str) -> Manifest:
    """Return the manifest of a step that an export reads.

    Raises:
        UserError: if the step is not done, or its result has changed since.
    """
    manifest = run.manifest(key)
    if manifest is None:
        raise UserError(f"{key} is not in {run.store.root}: it is not computed yet. Finish the run first.")
    return manifest


def origin(run: Run, key: str) -> Origin:
    """Return who wrote prepared or synthetic data."""
    if key == run.record.source:
        return Origin("real", 0, None)
    inputs: Any = finished(run, key).inputs
    return Origin(f"model {inputs['iteration']}", inputs["iteration"], inputs["model"])


def ancestors(run: Run, model: str) -> list[Origin]:
    """Return the models whose data, or parameters, a model descends from, latest first."""
    found: dict[str, Origin] = {}
    waiting = [model]
    while waiting:
        inputs: Any = finished(run, waiting.pop()).inputs
        for parent in [origin(run, part["data"]) for part in inputs["train"]["parts"]] + _previous(inputs):
            if parent.model and parent.model not in found:
                found[parent.model] = parent
                waiting.append(parent.model)
    return sorted(found.values(), key=lambda parent: -parent.iteration)


def _previous(inputs: Any) -> list[Origin]:
    """Return the model that a fit began with, if it did not begin afresh."""
    number = inputs["iteration"] - 1
    return [Origin(f"model {number}", number, inputs["previous"])] if "previous" in inputs else []

"""The data of an iteration as its run recorded them: what a model was fitted on, or what it generated."""

from collections.abc import Mapping
from typing import Any, Literal

from genloop.errors import UserError
from genloop.experiment_file import source_from_dict
from genloop.runs.lineage import finished, origin
from genloop.runs.record import RecordedIteration, Run
from genloop.types import Source

Part = Literal["train", "samples"]


def recorded_source(run: Run) -> Source | None:
    """Return the real data of a run; None for a class of the user's own, which no record brings back."""
    experiment = run.record.experiment
    return None if ":" in experiment["source"]["type"] else source_from_dict(experiment)


def parts_of(run: Run, item: RecordedIteration, part: Part) -> Mapping[str, Any]:
    """Return what the data are made of, in the words of a fit's manifest.

    Raises:
        UserError: if they are not there yet, or have changed since.
    """
    if part == "train":
        return finished(run, item.model).inputs["train"]
    num = finished(run, item.samples).facts["num"]
    return {"parts": [{"data": item.samples, "start": 0, "stop": num, "weight": 1}], "draw": None}


def numbered_view(run: Run, train: Mapping[str, Any]) -> Any:
    """Return the examples; their weights stand in for the number of their part, which a draw thus keeps.

    Raises:
        UserError: if the real data are of a class of the user's own.
    """
    source = recorded_source(run)
    if source is None:
        kind = run.record.experiment["source"]["type"]
        raise UserError(
            f"This run's source is {kind}, which its record does not bring back. Open the data with its load_samples."
        )
    views = [
        _open(run, source, part["data"]).slice(part["start"], part["stop"]).weighted(number)
        for number, part in enumerate(train["parts"])
    ]
    data, draw = views[0].concat(views[1:]), train["draw"]
    return data.draw(draw["num"], seed=draw["seed"]) if draw else data


def origins(run: Run, train: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return who made the examples of each part, and their weight."""
    return [{**vars(origin(run, part["data"])), "weight": part["weight"]} for part in train["parts"]]


def _open(run: Run, source: Any, key: str) -> Any:
    finished(run, key)
    prepared = run.store.path(run.record.source)
    return (
        source.load(prepared, "train")
        if key == run.record.source
        else source.load_samples(run.store.path(key), prepared)
    )

"""The data of an iteration as its run recorded them: what a model was fitted on, or what it generated."""

from collections.abc import Mapping
from typing import Any, Literal

from genloop import catalog
from genloop.errors import UserError
from genloop.examples import Origins
from genloop.runs.lineage import finished, origin
from genloop.runs.record import RecordedIteration, Run
from genloop.types import Dataset, Domain

Part = Literal["train", "samples"]
NAMED_BY_UNIT: Mapping[str, str] = {  # the domains of runs whose real data were prepared before these were recorded
    "token": "text",
    "image": "images",
    "conformation": "molecules",
    "example": "numbers",
    "row": "regression",
}


def recorded_domain(run: Run) -> Domain:
    """Return what all data of a run share; their source is not needed, which may be a class of the user's own.

    Raises:
        UserError: if the real data are not prepared yet, or of a domain that is none of those installed.
    """
    facts = finished(run, run.record.source).facts
    name = str(facts.get("domain") or NAMED_BY_UNIT.get(str(facts["unit"]), "unknown"))
    if name not in catalog.DOMAINS:
        raise UserError(
            f"The data of {run.record.name} are {facts['unit']}s of the domain {name!r}, which is not installed. "
            "Install what brings it; one of your own is named by an entry point of genloop.domains."
        )
    domain: Domain = catalog.DOMAINS.load(name)(run.store.path(run.record.source))
    if "domain" not in facts:
        _check_layout(domain)
    return domain


def _check_layout(domain: Domain) -> None:
    """Raise UserError for data of the user's own that only look as if they were of a domain."""
    try:
        domain.prepared("train")
    except FileNotFoundError as problem:
        raise UserError(
            f"The real data are not laid out as the domain {domain.name!r} has them: there is no {problem.filename}. "
            "Read them with what wrote them."
        ) from None


def parts_of(run: Run, item: RecordedIteration, part: Part) -> Mapping[str, Any]:
    """Return what the data are made of, in the words of a fit's manifest.

    Raises:
        UserError: if they are not there yet, or have changed since.
    """
    if part == "train":
        train: Any = finished(run, item.model).inputs["train"]
        return train
    num = finished(run, item.samples).count("num")
    return {"parts": [{"data": item.samples, "start": 0, "stop": num, "weight": 1}], "draw": None}


def numbered_view(run: Run, domain: Domain, train: Mapping[str, Any]) -> Dataset:
    """Return the examples; their weights stand in for the number of their part, from 1, which a draw thus keeps."""
    views = [
        open_data(run, domain, part["data"]).slice(part["start"], part["stop"]).weighted(number)
        for number, part in enumerate(train["parts"], start=1)
    ]
    data, draw = views[0].concat(views[1:]), train["draw"]
    return data.draw(draw["num"], seed=draw["seed"]) if draw else data


def origins(run: Run, train: Mapping[str, Any], facts: Mapping[str, Any]) -> Origins:
    """Return who made the examples of each part and, where some differ, their weight; `facts` are of all of them."""
    is_weighted = any(part["weight"] != 1 for part in train["parts"])
    return Origins(
        [
            {**vars(origin(run, part["data"])), **({"weight": part["weight"]} if is_weighted else {})}
            for part in train["parts"]
        ],
        facts,
    )


def open_data(run: Run, domain: Domain, key: str) -> Dataset:
    """Return the real training data, or what a model generated, by the key of the step that made them.

    Raises:
        UserError: if they are not there yet, or have changed since.
    """
    finished(run, key)
    return domain.prepared("train") if key == run.record.source else domain.generated(run.store.path(key))

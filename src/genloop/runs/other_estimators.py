"""Which models of a loop another estimator fitted, by an experiment as plain values."""

from collections.abc import Iterator, Mapping
from typing import Any


def other_estimators(experiment: Mapping[str, Any]) -> dict[int, str]:
    """Return the iterations that another estimator fits than the rest, with its name and what is set otherwise."""
    others = {experiment["num_iterations"]: experiment.get("final_estimator"), 1: experiment.get("first_estimator")}
    return {number: _name(other, experiment["estimator"]) for number, other in others.items() if other}


def estimator_at(experiment: Mapping[str, Any], iteration: int) -> str:
    """Return the name of the setting that says what fits a model: `estimator`, `first_estimator`, `final_estimator`."""
    if iteration == 1 and experiment.get("first_estimator"):
        return "first_estimator"
    is_last = iteration == experiment["num_iterations"]
    return "final_estimator" if is_last and experiment.get("final_estimator") else "estimator"


def _name(other: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """Return the type of an estimator; where that is the usual one, with the settings that are not."""
    if other["type"] != usual["type"]:
        return str(other["type"])
    known = dict(assignments(usual))
    changed = (f"{name}={each}" for name, each in assignments(other) if known.get(name) != each)
    return ", ".join([other["type"], *changed])


def assignments(settings: Mapping[str, Any], parents: str = "") -> Iterator[tuple[str, Any]]:
    """Iterate over what is set, by the paths that `--set` takes."""
    for name, value in settings.items():
        if isinstance(value, Mapping):
            yield from assignments(value, f"{parents}{name}.")
        elif name != "type":
            yield f"{parents}{name}", value

"""Where a run's numbers come from, and the command that computes them again."""

import json
import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from genloop import catalog
from genloop.errors import UserError
from genloop.experiment_file import complete, set_value, to_dict
from genloop.report.html.text_table import TextTable
from genloop.runs.record import RECORD_FILE, RecordedIteration, Run
from genloop.version import __version__

OVERRIDES: Mapping[str, str] = {"policies": "--policy", "num_iterations": "--iterations", "seeds": "--seeds"}


@dataclass(frozen=True)
class Provenance:
    """Where a run's numbers come from.

    Attributes:
        facts: name -> value, in words.
        command: computes the run again.
        file: what the command reads `settings` from; empty where it needs no file.
        settings: the experiment as a YAML file.
        keys: the steps of every round of the first seed; the run's folder has all of them.
    """

    facts: Mapping[str, str]
    command: str
    file: str
    settings: str
    keys: TextTable


def provenance(run: Run) -> Provenance:
    """Return where a run's numbers come from."""
    record = run.record
    source = run.store.peek(record.source)
    facts = {
        "Run": str(run.directory),
        "Written by": f"genloop {_version(run)}",
        "This page by": f"genloop {__version__}",
        "Computed with": _made_with(run) or "not recorded",
        "Store": record.store_dir,
        "Real data": record.source,
        "Source": _settings(source.inputs["source"]) if source else "not prepared yet",
        "Seeds": ", ".join(map(str, record.experiment["seeds"])),
    }
    settings = yaml.safe_dump(dict(record.experiment), sort_keys=False, allow_unicode=True)
    arguments = recipe_arguments(record.experiment)
    file = "" if arguments else f"{record.name}.yaml"
    command = ["genloop", "run", *(arguments or [file]), "--out", str(run.directory)]
    if not run.store.root.is_relative_to(run.directory.resolve()):
        command += ["--store", str(run.store.root)]
    return Provenance(facts, shlex.join(command), file, settings, _keys(record.iterations))


def recipe_arguments(experiment: Mapping[str, Any]) -> list[str] | None:
    """Return the arguments of `genloop run` that make this experiment of a recipe of its name; None if none do."""
    if experiment["name"] not in catalog.RECIPES:
        return None
    try:
        written = to_dict(catalog.RECIPES.load(experiment["name"])())
        arguments = [experiment["name"]]
        for name, option in OVERRIDES.items():
            if written[name] != experiment[name]:
                arguments += _override(option, experiment[name])
                written[name] = experiment[name]
        written = complete(written)
        for assignment in _assignments(written, experiment):
            set_value(written, assignment)
            arguments += ["--set", assignment]
        return arguments if written == complete(experiment) else None
    except (UserError, ImportError):  # such as for a class of the user's own
        return None


def _override(option: str, value: Any) -> list[str]:
    if option == "--policy":
        return [word for policy in value for word in (option, policy)]
    return [option, ",".join(map(str, value)) if isinstance(value, list) else str(value)]


def _assignments(written: Any, wanted: Any, path: str = "") -> Iterator[str]:
    """Iterate over what `--set` must change in some values to make them those that are wanted."""
    if isinstance(wanted, Mapping) and isinstance(written, Mapping) and wanted.get("type") == written.get("type"):
        for name in wanted:
            yield from _assignments(written.get(name), wanted[name], f"{path}{name}.")
    elif isinstance(wanted, list) and isinstance(written, list) and len(wanted) == len(written):
        for number, value in enumerate(wanted):
            yield from _assignments(written[number], value, f"{path}{number}.")
    elif written != wanted:
        text = yaml.safe_dump(wanted, default_flow_style=True, width=math.inf).removesuffix("\n").removesuffix("\n...")
        yield f"{path.removesuffix('.')}={text}"


def _settings(described: Any) -> str:
    return ", ".join(f"{name} {value}" for name, value in described.items() if value is not None)


def _keys(iterations: Sequence[RecordedIteration]) -> TextTable:
    header = ("policy", "iteration", "model", "samples", "scores")
    rows = [
        (item.policy, str(item.iteration), item.model, item.samples, ", ".join(item.scores))
        for item in iterations
        if item.seed == iterations[0].seed
    ]
    return TextTable(header, rows)


def _made_with(run: Run) -> str:
    """Return the versions that the fits were computed with; several where a store was shared or a run went on later."""
    manifests = filter(None, (run.store.peek(item.model) for item in run.record.iterations))
    different = dict.fromkeys(_settings(manifest.facts.get("made_with", {})) for manifest in manifests)
    return "; ".join(filter(None, different))


def _version(run: Run) -> str:
    return json.loads((run.directory / RECORD_FILE).read_text("utf-8"))["genloop"]

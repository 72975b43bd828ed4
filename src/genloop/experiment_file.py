"""Experiments as plain values and YAML files, and changes to them by path (`--set estimator.width=128`)."""

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal

from genloop import catalog
from genloop.errors import UserError, quoted, unknown_name
from genloop.experiment import Experiment
from genloop.plain_yaml import UnreadableYaml, read_yaml
from genloop.policy_text import parse_policy, policy_name

OTHERS = ("first_estimator", "final_estimator")  # of single iterations
_CATALOGS = {"source": catalog.SOURCES, "estimator": catalog.ESTIMATORS, "metric": catalog.METRICS}


def to_dict(experiment: Experiment) -> dict[str, Any]:
    """Return an experiment as plain values; `from_dict` reads them back."""
    return {
        "name": experiment.name,
        "source": _component("source", experiment.source),
        "estimator": _component("estimator", experiment.estimator),
        "policies": [policy_name(policy) for policy in experiment.policies],
        "metrics": [_component("metric", metric) for metric in experiment.metrics],
        "num_iterations": experiment.num_iterations,
        "num_samples": experiment.num_samples,
        "seeds": list(experiment.seeds),
        "init": experiment.init,
        **{name: _other_component(getattr(experiment, name)) for name in OTHERS},
    }


def from_dict(written: Mapping[str, Any]) -> Experiment:
    """Return the experiment that plain values describe.

    Raises:
        UserError: naming every problem found.
    """
    problems: list[str] = []
    _check_names("experiment", written, Experiment, problems)

    def attempt(build: Any, *args: Any) -> Any:
        try:
            return build(*args)
        except UserError as error:
            problems.append(str(error))

    values: dict[str, Any] = {name: written[name] for name in _SIMPLE if name in written}
    values = attempt(_check_types, values) or {}
    values["source"] = attempt(_build, "source", written.get("source"))
    values["estimator"] = attempt(_build, "estimator", written.get("estimator"))
    others = [name for name in OTHERS if written.get(name) is not None]
    values |= {name: attempt(_build, "estimator", written[name]) for name in others}
    values["policies"] = tuple(attempt(parse_policy, policy) for policy in _sequence(written, "policies", problems))
    values["metrics"] = tuple(attempt(_build, "metric", metric) for metric in _sequence(written, "metrics", problems))
    if problems:
        raise UserError("\n".join(dict.fromkeys(problems)))
    return Experiment(**values)


def part_from_dict(kind: str, written: Any) -> Any:
    """Return the source, the estimator or a metric, as `kind` says, that plain values describe.

    Raises:
        UserError: if it is none that genloop knows, or a setting is wrong.
    """
    return _build(kind, written)


def read(path: Path) -> dict[str, Any]:
    """Read an experiment file as plain values.

    Raises:
        UserError: if there is none, or it is no YAML mapping.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file. Check the path.")
    try:
        written = read_yaml(path.read_text("utf-8"))
    except UnreadableYaml as error:
        raise UserError(f"{path} is no valid YAML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}.") from error
    if not isinstance(written, dict):
        raise UserError(f"{path} holds no experiment. Write names and values, such as `num_iterations: 5`.")
    return written


def set_value(written: dict[str, Any], assignment: str) -> None:
    """Change one value in place, for example `estimator.width=128` or `metrics.copying.n=5`.

    Raises:
        UserError: if the path does not exist; the nearest name is suggested.
    """
    path, equals, text = assignment.partition("=")
    if not equals:
        raise UserError(f"--set {quoted(assignment)} has no value. Write path=value, such as estimator.epochs=5.")
    try:
        value = read_yaml(text)
    except UnreadableYaml as error:
        raise UserError(f"--set {quoted(assignment)}: the value cannot be read: {error}.") from error
    *parents, last = path.strip().split(".")
    place: Any = written
    for name in parents:
        place = _enter(place, name, path)
    if last == "type" and isinstance(place, dict):
        place.clear()  # the fields of another type are others
    elif not isinstance(place, dict) or last not in place:
        raise _no_path(place, last, path)
    place[last] = value


def complete(written: Mapping[str, Any]) -> dict[str, Any]:
    """Return plain values with all defaults filled in, so that every path exists."""
    filled = {**{field.name: field.default for field in fields(Experiment) if field.default is not MISSING}, **written}
    for name in ("source", "estimator"):
        filled[name] = _complete_component(name, filled.get(name))
    others = [name for name in OTHERS if filled[name] is not None]
    filled |= {name: _complete_component("estimator", filled[name]) for name in others}
    filled["metrics"] = [_complete_component("metric", metric) for metric in filled.get("metrics") or []]
    return filled


_SIMPLE: Mapping[str, Any] = {
    "name": str,
    "num_iterations": int,
    "num_samples": int | None,
    "seeds": tuple[int, ...],
    "init": Literal["fresh", "previous"],
}


def _component(kind: str, thing: Any) -> dict[str, Any]:
    return {"type": _CATALOGS[kind].name_of(thing), **_plain(thing)}


def _other_component(estimator: Any) -> dict[str, Any] | None:
    return None if estimator is None else _component("estimator", estimator)


def _plain(thing: Any) -> Any:
    if is_dataclass(thing) and not isinstance(thing, type):
        return {field.name: _plain(getattr(thing, field.name)) for field in fields(thing)}
    if isinstance(thing, list | tuple):
        return [_plain(value) for value in thing]
    return str(thing) if isinstance(thing, Path) else thing


def _split_component(kind: str, written: Any) -> tuple[type, dict[str, Any]]:
    """Return class and fields of `name` or `{type: name, field: value, ...}`."""
    values = {"type": written} if isinstance(written, str) else written
    if not isinstance(values, Mapping) or not isinstance(values.get("type"), str):
        raise UserError(
            f"The {kind} is {quoted(written)}. Write its name, or {{type: name, ...}}; `genloop list` has names."
        )
    kind_class = _CATALOGS[kind].load(values["type"])
    return kind_class, {str(name): value for name, value in values.items() if name != "type"}


def _build(kind: str, written: Any) -> Any:
    kind_class, values = _split_component(kind, written)
    problems: list[str] = []
    _check_names(f"{kind} {_type_name(written)}", values, kind_class, problems)
    if problems:
        raise UserError("\n".join(problems))
    return _validate(kind_class, values, f"{kind}.")


def _complete_component(kind: str, written: Any) -> dict[str, Any]:
    kind_class, values = _split_component(kind, written)
    defaults = {field.name: _plain(_default(field)) for field in fields(kind_class)}
    nested = {name: {**defaults[name], **values[name]} for name in values if isinstance(defaults.get(name), dict)}
    return {"type": _type_name(written), **defaults, **values, **nested}


def _type_name(written: Any) -> str:
    return written if isinstance(written, str) else written["type"]


def _check_types(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _validate(_SIMPLE[name], value, name) for name, value in values.items()}


def _validate(kind: Any, value: Any, where: str) -> Any:
    from pydantic import TypeAdapter, ValidationError  # late: `import genloop` is light

    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        lines = [
            f"{where}{'.'.join(map(str, problem['loc']))} is {quoted(problem['input'])}: {problem['msg'].lower()}."
            for problem in error.errors()
        ]
        raise UserError("\n".join(lines)) from error


def _check_names(what: str, written: Mapping[str, Any], kind: type, problems: list[str]) -> None:
    known = {field.name for field in fields(kind)}
    problems += [str(unknown_name(f"setting of the {what}", str(name), known)) for name in written if name not in known]
    for field in fields(kind):
        default, nested = _default(field), written.get(field.name)
        if field.default is MISSING and default is None and nested is None:
            problems.append(f"The {what} lacks {field.name!r}.")
        if is_dataclass(default) and isinstance(nested, Mapping):
            _check_names(f"{what}.{field.name}", nested, type(default), problems)


def _default(field: Field[Any]) -> Any:
    """Return the default of a field; None where it has none."""
    if field.default_factory is not MISSING:
        return field.default_factory()
    return None if field.default is MISSING else field.default


def _sequence(written: Mapping[str, Any], name: str, problems: list[str]) -> Sequence[Any]:
    values = written.get(name, [])
    if isinstance(values, list | tuple):
        return values
    problems.append(f"{name} is {quoted(values)}. Write a list, such as [{str(values)[:40]}].")
    return []


def _enter(place: Any, name: str, path: str) -> Any:
    if isinstance(place, list):
        found = [entry for number, entry in enumerate(place) if name in (str(number), _entry_name(entry))]
        if found:
            return found[0]
    elif isinstance(place, dict) and name in place:
        return place[name]
    raise _no_path(place, name, path)


def _entry_name(entry: Any) -> str | None:
    return str(entry["type"]) if isinstance(entry, dict) and "type" in entry else None


def _no_path(place: Any, name: str, path: str) -> UserError:
    if isinstance(place, dict):
        return UserError(f"--set {path}: {unknown_name('setting', name, place)}")
    if isinstance(place, list):
        entries = [_entry_name(entry) or str(number) for number, entry in enumerate(place)]
        return UserError(f"--set {path}: {unknown_name('setting', name, entries)}")
    return UserError(f"--set {path}: {name!r} is no setting, since {quoted(place)} has no parts. Leave it out.")

"""Policies as people write them: `accumulate`, `window(3)`, `mix(real=0.1)`, or a YAML list of rows."""

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from functools import cached_property
from numbers import Real
from typing import Any

from genloop.catalog import POLICIES
from genloop.errors import UserError, quoted
from genloop.identity import told_fields
from genloop.plain_yaml import UnreadableYaml, read_yaml
from genloop.policies import Policy, Schedule, Share, Window, schedule_from_rows
from genloop.state import state

EXAMPLES = {"size": "3"}  # of parameters that are no share
WITH_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


def parse_policy(written: str | Sequence[Any] | Mapping[str, Any]) -> Policy:
    """Return the policy that a string, a YAML list (a schedule's rows) or a one-entry mapping describes.

    Raises:
        UserError: if the name or an argument is unknown, missing or out of range.
    """
    kind, arguments = _kind_and_arguments(written)
    return _parse_schedule(arguments) if kind is Schedule else _build(str(written), kind, arguments, {})


def policy_without(written: str, parameter: str) -> Callable[[float], Policy]:
    """Return what makes a policy of a value for the parameter that `written` leaves out, as `fresh(real=0.5)` a weight.

    Raises:
        UserError: if the policy has no such parameter, gives it, or lacks another.
    """
    kind, arguments = _kind_and_arguments(written)
    names = [] if kind is Schedule else [field.name for field in fields(kind)]
    if parameter not in names:
        shipped = [(entry.name, entry.load()) for entry in POLICIES.shipped()]
        has = ", ".join(f"{field.name} in {name}" for name, other in shipped if other is not Schedule
                        for field in fields(other))  # fmt: skip
        raise UserError(f"{quoted(written)} has no parameter {parameter!r} to solve for. There are: {has}.")
    if parameter in _named(names, arguments):
        raise UserError(f"{quoted(written)} gives {parameter}, which is to be solved for. Leave it out.")

    def make(value: float) -> Policy:
        return _build(written, kind, arguments, {parameter: value})

    return make


def parameter_type(written: str, parameter: str) -> type:
    """Return whether a parameter of a policy is a whole number, `int`, or any, `float`."""
    kind, _ = _kind_and_arguments(written)
    return int if _type_of({field.name: field for field in fields(kind)}[parameter]) == "int" else float


def _kind_and_arguments(written: str | Sequence[Any] | Mapping[str, Any]) -> tuple[type, Any]:
    if isinstance(written, str):
        name, arguments = _split_call(written)
    elif isinstance(written, Mapping) and len(written) == 1:
        name, arguments = next(iter(written.items()))
    else:
        name, arguments = "schedule", [written]
    kind = POLICIES.load(str(name).strip())
    if not is_dataclass(kind):
        raise UserError(f"{name} cannot be written down, since {kind.__name__} is no dataclass. Use it from Python.")
    return kind, _with_numbers(arguments)


def policy_name(policy: Policy) -> str:
    """Return how a policy is written, such as `window(3)`; `parse_policy` reads it back.

    A policy of the user's own is written as in Python, such as `EverySecond(first=2)`; no text brings that one back.
    """
    if type(policy) is Schedule:
        return f"schedule({_rows_text(policy)})"
    entry = POLICIES.entry_of(type(policy))
    name = entry.name if entry else type(policy).__name__
    if type(policy) is Window:
        return f"{name}({policy.size})"
    arguments = ", ".join(f"{argument}={_number(value)}" for argument, value in _arguments(policy).items())
    return f"{name}({arguments})" if arguments else name


def _arguments(policy: Policy) -> Mapping[str, Any]:
    """Return what a policy was made with, by name, without what is kept of what it has worked out.

    Raises:
        UserError: if that holds a function, which no text can stand for.
    """
    hidden = {each.name for each in fields(policy)} if is_dataclass(policy) else set[str]()
    hidden -= {each.name for each in told_fields(policy)} if is_dataclass(policy) else set()
    members = [member for kind in type(policy).__mro__ for member in vars(kind).items()]
    hidden |= {name for name, member in members if isinstance(member, cached_property)}
    arguments = {name: value for name, value in state(policy).items() if name not in hidden}
    for name, value in arguments.items():
        if callable(value):
            raise UserError(
                f"{type(policy).__name__}.{name} is {value!r}, which cannot be written down. "
                "Use a number or a text, and write what is to be computed as a method."
            )
    return arguments


def is_own_policy(name: str) -> bool:
    """Whether a policy with this name is the user's own, which `parse_policy` does not read back."""
    return name.partition("(")[0] not in POLICIES


def _split_call(written: str) -> tuple[str, Any]:
    """Return name and arguments of `name(arguments)`; the arguments are read as YAML."""
    match = re.fullmatch(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*", written, flags=re.DOTALL)
    if match is None:
        raise UserError(
            f"{quoted(written)} is no policy. Write a name such as accumulate, or a call such as window(3)."
        )
    name, inside = match.groups()
    as_yaml = re.sub(r"\b(\w+)\s*=", r"\1: ", inside or "")  # \b: or long words take for ever
    try:
        return name, read_yaml(f"[{as_yaml}]")
    except UnreadableYaml as error:
        raise UserError(
            f"The arguments of {quoted(written)} cannot be read: {error}. Write them like mix(real=0.1)."
        ) from error


def _with_numbers(arguments: Any) -> Any:
    """Return arguments with numbers such as 1e-3, which YAML takes for text, in the place of their text."""
    if isinstance(arguments, Mapping):
        return {name: _with_numbers(value) for name, value in arguments.items()}
    if isinstance(arguments, list):
        return [_with_numbers(value) for value in arguments]
    return float(arguments) if isinstance(arguments, str) and WITH_EXPONENT.fullmatch(arguments) else arguments


def _build(written: str, kind: type, arguments: Any, fixed: Mapping[str, float]) -> Policy:
    """Return a policy whose parameters, which are numbers, are given by name or by place, or `fixed`."""
    parameters = {field.name: field for field in fields(kind) if field.init}
    given = _named([name for name in parameters if name not in fixed], arguments) | dict(fixed)
    for name in given.keys() - parameters.keys():
        raise UserError(
            f"{quoted(written)} gives {name}={quoted(given[name])}, but this policy takes "
            f"{_expected(list(parameters))}."
        )
    missing = [name for name, field in parameters.items() if _is_required(field) and name not in given]
    if missing:
        number = "0.1" if _type_of(parameters[missing[0]]) == "float" else "1"
        example = EXAMPLES.get(missing[0], f"{missing[0]}={number}")
        raise UserError(f"{quoted(written)} lacks {missing[0]!r}. Write for example {written.strip('() ')}({example}).")
    for name, value in given.items():
        _check_number(written, parameters[name], value)
    return kind(**given)


def _is_required(field: Field[Any]) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _named(names: Sequence[str], arguments: Any) -> dict[str, Any]:
    """Return arguments by name; one that has no name has that of its place."""
    given: dict[str, Any] = {}
    listed = [] if arguments is None else arguments
    for place, item in enumerate(listed if isinstance(listed, list | tuple) else [listed]):
        name = names[place] if place < len(names) else f"#{place + 1}"
        given.update(item if isinstance(item, Mapping) else {name: item})
    return given


def _expected(names: Sequence[str]) -> str:
    if not names:
        return "no parameters"
    return f"the parameter {names[0]}" if len(names) == 1 else f"the parameters {' and '.join(names)}"


def _type_of(field: Field[Any]) -> str:
    """Return the name of a field's type, which `from __future__ import annotations` makes a text."""
    return field.type if isinstance(field.type, str) else getattr(field.type, "__name__", "")


def _check_number(written: str, field: Field[Any], value: Any) -> None:
    """Raise UserError if a value is no number where one is expected; policies see to their other parameters."""
    kind = _type_of(field)
    if kind in ("int", "float") and (not isinstance(value, int | float) or isinstance(value, bool)):
        raise UserError(f"{quoted(written)} needs a number, not {quoted(value)}.")
    if kind == "int" and not isinstance(value, int):
        what = "a whole number of sources" if field.name == "size" else f"a whole number as {field.name}"
        raise UserError(f"{quoted(written)} needs {what}, not {quoted(value)}.")


def _parse_schedule(arguments: Any) -> Schedule:
    if not isinstance(arguments, list) or not arguments:
        raise UserError("A schedule needs rows. Write for example schedule([1], [0, 1], [0.5, 0, 0.5]).")
    rows = arguments[0] if len(arguments) == 1 and _is_table(arguments[0]) else arguments
    return schedule_from_rows(rows)


def _is_table(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(row, list | Mapping) for row in value)


def _rows_text(schedule: Schedule) -> str:
    return ", ".join("{" + ", ".join(_share_text(share) for share in row) + "}" for row in schedule.rows)


def _share_text(share: Share) -> str:
    if share == Share(share.source, share.amount):
        return f"{share.source}: {_number(share.amount)}"
    values = {"amount": share.amount, "weight": share.weight, "start": share.start}
    return f"{share.source}: {{{', '.join(f'{name}: {_number(value)}' for name, value in values.items())}}}"


def _number(value: object) -> str:
    """Return a number without an exponent, in the fewest digits that read back; all else as Python writes it."""
    if isinstance(value, bool) or not isinstance(value, Real) or not math.isfinite(value):
        return repr(value)
    number = value if isinstance(value, int) else float(value)
    return str(int(number)) if number == int(number) else f"{Decimal(repr(number)):f}"

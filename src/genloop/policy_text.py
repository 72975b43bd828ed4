"""Policies as people write them: `accumulate`, `window(3)`, `mix(real=0.1)`, or a YAML list of rows."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from decimal import Decimal
from numbers import Real
from typing import Any

import yaml

from genloop.errors import UserError, unknown_name
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Policy,
    Replace,
    ReplaceMultiple,
    Schedule,
    Share,
    Window,
    schedule_from_rows,
)

POLICIES: Mapping[str, type] = {
    "replace": Replace,
    "accumulate": Accumulate,
    "replace-multiple": ReplaceMultiple,
    "accumulate-subsample": AccumulateSubsample,
    "augment": Augment,
    "fresh": Fresh,
    "mix": Mix,
    "window": Window,
    "schedule": Schedule,
}
WITH_EXPONENT = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)[eE][-+]?\d+")


def parse_policy(written: str | Sequence[Any] | Mapping[str, Any]) -> Policy:
    """Return the policy that a string, a YAML list (a schedule's rows) or a one-entry mapping describes.

    Raises:
        UserError: if the name or an argument is unknown, missing or out of range.
    """
    if isinstance(written, str):
        name, arguments = _split_call(written)
    elif isinstance(written, Mapping) and len(written) == 1:
        name, arguments = next(iter(written.items()))
    else:
        name, arguments = "schedule", [written]
    arguments = _with_numbers(arguments)
    kind = POLICIES.get(str(name).strip().replace("_", "-"))
    if kind is None:
        raise unknown_name("policy", str(name), POLICIES)
    if kind is Schedule:
        return _parse_schedule(arguments)
    return _build(str(written), kind, arguments)


def policy_name(policy: Policy) -> str:
    """Return how a policy is written, such as `window(3)`; `parse_policy` reads it back.

    A policy of the user's own is written as in Python, such as `EverySecond(first=2)`; no text brings that one back.
    """
    if type(policy) is Schedule:
        return f"schedule({_rows_text(policy)})"
    name = {kind: name for name, kind in POLICIES.items()}.get(type(policy), type(policy).__name__)
    arguments = vars(policy).items()
    if not arguments:
        return name
    if type(policy) is Window:
        return f"{name}({policy.size})"
    return f"{name}({', '.join(f'{argument}={_number(value)}' for argument, value in arguments)})"


def is_own_policy(name: str) -> bool:
    """Whether a policy with this name is the user's own, which `parse_policy` does not read back."""
    return name.partition("(")[0] not in POLICIES


def _split_call(written: str) -> tuple[str, Any]:
    """Return name and arguments of `name(arguments)`; the arguments are read as YAML."""
    match = re.fullmatch(r"\s*([\w-]+)\s*(?:\((.*)\))?\s*", written, flags=re.DOTALL)
    if match is None:
        raise UserError(f"{written!r} is no policy. Write a name such as accumulate, or a call such as window(3).")
    name, inside = match.groups()
    as_yaml = re.sub(r"(\w+)\s*=", r"\1: ", inside or "")
    try:
        return name, yaml.safe_load(f"[{as_yaml}]")
    except yaml.YAMLError as error:
        raise UserError(f"The arguments of {written!r} cannot be read. Write them like mix(real=0.1).") from error


def _with_numbers(arguments: Any) -> Any:
    """Return arguments with numbers such as 1e-3, which YAML takes for text, in the place of their text."""
    if isinstance(arguments, Mapping):
        return {name: _with_numbers(value) for name, value in arguments.items()}
    if isinstance(arguments, list):
        return [_with_numbers(value) for value in arguments]
    return float(arguments) if isinstance(arguments, str) and WITH_EXPONENT.fullmatch(arguments) else arguments


def _build(written: str, kind: type, arguments: Any) -> Policy:
    """Return a policy of one or no parameter, given by name or by place."""
    names = [field.name for field in fields(kind)]
    given: dict[str, Any] = {}
    listed = [] if arguments is None else arguments
    items = listed if isinstance(listed, list | tuple) else [listed]
    for place, item in enumerate(items):
        named = item if isinstance(item, Mapping) else {names[place] if place < len(names) else f"#{place + 1}": item}
        given.update(named)
    for name in given.keys() - set(names):
        expected = f"the parameter {names[0]}" if names else "no parameters"
        raise UserError(f"{written!r} gives {name}={given[name]!r}, but this policy takes {expected}.")
    missing = [field.name for field in fields(kind) if field.default is MISSING and field.name not in given]
    if missing:
        example = {"real": "real=0.1", "size": "3"}[missing[0]]
        raise UserError(f"{written!r} lacks {missing[0]!r}. Write for example {written.strip('() ')}({example}).")
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in given.values()):
        raise UserError(f"{written!r} needs a number, not {next(iter(given.values()))!r}.")
    if "size" in given and not isinstance(given["size"], int):
        raise UserError(f"{written!r} needs a whole number of sources, not {given['size']!r}.")
    return kind(**given)


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

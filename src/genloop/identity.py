"""Keys and seeds: what a step is called and which random numbers it uses follow from its inputs alone."""

import json
import math
from collections.abc import Mapping
from dataclasses import Field, field, fields, is_dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from genloop.catalog import plugin_of
from genloop.errors import UserError
from genloop.own_code import code_digest, is_changed, shipped_versions
from genloop.own_modules import module_name

KEY_DIGITS = 20  # hexadecimal digits of a key in names: 80 bits


def later(default: Any) -> Any:
    """Return a field that a dataclass got later: at its default, descriptions and keys are what they were without."""
    return field(default=default, metadata={"later": True})


def told_fields(thing: Any) -> list[Field[Any]]:
    """Return the fields of a dataclass without those added later that have their default."""
    return [
        each for each in fields(thing) if not (each.metadata.get("later") and getattr(thing, each.name) == each.default)
    ]


def describe(thing: Any, name: str = "A number") -> Any:
    """Return `thing` as plain JSON values: dataclasses become their type, version and fields.

    Two descriptions are equal exactly if the things compute the same: whole floats become integers, so 1 and 1.0
    give one key, and fields that do not take part in comparisons, such as a place, are left out.

    Args:
        thing: what to describe.
        name: what to call it in an error.

    Raises:
        UserError: if a number is not finite, as in `source.decay=.nan`, or a part has no plain values.
    """
    if isinstance(thing, Describing):
        return thing.describe()
    if is_dataclass(thing) and not isinstance(thing, type):
        kind, told = type(thing).__name__, [each.name for each in told_fields(thing) if each.compare]
        described = {name: describe(getattr(thing, name), f"{kind}.{name}") for name in told}
        return {"type": describe_class(type(thing)), "version": getattr(thing, "version", 1), **described}
    if isinstance(thing, Mapping):
        return {str(key): describe(value, str(key)) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [describe(value, name) for value in thing]
    if isinstance(thing, Path):
        return str(thing)
    if isinstance(thing, float):
        return describe_number(thing, name)
    if thing is None or isinstance(thing, str | int | bool):
        return thing
    raise UserError(
        f"{name} is {thing!r}, which cannot be part of a key. Use numbers, strings, lists, mappings and dataclasses, "
        "and write what is to be computed as a method."
    )


def describe_component(component: object, described: Any) -> Any:
    """Return what a component says of itself and, where its class is not one of genloop's, which class says so.

    Args:
        component: a source, an estimator or a metric.
        described: what it says of itself, which classes of the user's own may do as they like.
    """
    kind = type(component)
    return described if _is_shipped(kind) else {"class": describe_class(kind), "described": described}


def describe_class(kind: type) -> Any:
    """Return what stands for a class in keys: the name of one of genloop's; of another one, also what it does.

    A class of the user's own is named by module and qualified name, and joined by a digest of its code and its bases.
    One that an installed package offers by name, and that says a `version` of itself, is told by these.

    Raises:
        UserError: if neither its source can be read nor it says a version.
    """
    if _is_shipped(kind):
        return kind.__name__
    version, bases = vars(kind).get("version"), shipped_versions(kind)
    plugin = plugin_of(kind)
    if plugin and version is not None and not is_changed(kind):
        return {"name": plugin.name, "distribution": plugin.distribution, "version": version, "bases": bases}
    name = {"module": module_name(kind.__module__), "name": kind.__qualname__}
    if code := code_digest(kind):
        return {**name, "code": code}
    if version is not None:
        return {**name, "version": version, "bases": bases}
    raise UserError(
        f"The source of {kind.__qualname__} cannot be read, so its results would be taken for those of other code. "
        "Define it in a file, or give it a class attribute such as version = 1 and raise that with every change."
    )


def _is_shipped(kind: type) -> bool:
    return kind.__module__.partition(".")[0] == "genloop" and not is_changed(kind)


def type_name(thing: object) -> str:
    """Return the name of an object's class, and `own Bible` for one that is not of this package."""
    kind = type(thing)
    return kind.__name__ if kind.__module__.partition(".")[0] == "genloop" else f"own {kind.__name__}"


def canonical_json(described: Any) -> str:
    """Return the one JSON text of a description: sorted names, no spaces, no NaN."""
    return json.dumps(described, sort_keys=True, separators=(",", ":"), allow_nan=False, ensure_ascii=False)


def digest(described: Any) -> str:
    """Return the SHA-256 of a description, as hexadecimal digits."""
    return sha256(canonical_json(described).encode()).hexdigest()


def describe_number(number: float, name: str = "A number") -> float:
    """Return a number as it enters keys: a whole one as an integer.

    Raises:
        UserError: if it is not finite.
    """
    if not math.isfinite(number):
        raise UserError(f"{name} is {number}. Give a finite number.")
    return int(number) if number == int(number) else number


class Describing:
    """Something that says itself how it is described: what is long, such as a training set of a thousand parts."""

    def describe(self) -> Any:
        """Return plain JSON values."""
        raise NotImplementedError

    def canonical_json(self) -> str:
        """Return the canonical JSON text of these."""
        raise NotImplementedError


def step_key(kind: str, inputs: Mapping[str, Any]) -> str:
    """Return the name of the step that does `kind` with `inputs`, for example `fit-3f9c...`."""
    texts = (f"{canonical_json(name)}:{_text(value, name)}" for name, value in sorted(inputs.items()))
    described = f'{{"inputs":{{{",".join(texts)}}},"kind":{canonical_json(kind)}}}'
    return f"{kind}-{sha256(described.encode()).hexdigest()[:KEY_DIGITS]}"


def _text(value: Any, name: str) -> str:
    return value.canonical_json() if isinstance(value, Describing) else canonical_json(describe(value, name))


def derive_seed(seed: int, *purpose: str | int) -> int:
    """Return the seed for one purpose, such as ("fit", iteration); the policy is never part of it.

    Policies therefore meet the same random numbers, which makes their comparison a paired one.
    """
    return int(digest([seed, *purpose])[:15], 16)  # 60 bits fit every library's integer


def file_digest(path: Path) -> str:
    """Return the SHA-256 of a file's content, as hexadecimal digits."""
    total = sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            total.update(chunk)
    return total.hexdigest()

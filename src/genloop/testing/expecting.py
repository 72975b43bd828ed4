"""What all checks share: sentences for what does not hold, files compared by content, and plain identities."""

import pickle
from collections.abc import Callable
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from genloop.catalog import plugin_of
from genloop.identity import canonical_json, describe
from genloop.types import Context, Runtime

RUNTIME = Runtime(device="cpu", threads=1, checkpoint_seconds=0)
CONTEXT = Context(RUNTIME)


def expect(holds: bool, sentence: str) -> None:
    """Raise AssertionError with a sentence unless something holds."""
    if not holds:
        raise AssertionError(sentence)


def title(thing: object) -> str:
    """Return what a component is called in a sentence."""
    return type(thing).__name__


def new_folder(inside: Path) -> Path:
    """Return an empty folder that is used once."""
    inside.mkdir(parents=True, exist_ok=True)
    return Path(mkdtemp(dir=inside))


def contents(directory: Path) -> dict[str, bytes]:
    """Return the content of all files in a folder, by path."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


def saved(thing: Any, inside: Path) -> dict[str, bytes]:
    """Return the content of the files that a model or a data set writes."""
    directory = new_folder(inside)
    thing.save(directory)
    return contents(directory)


def check_component(component: object) -> None:
    """Check what holds of everything that can be named: plain settings, a version, and that it can be sent."""
    settings = canonical_json(describe(component))
    expect(
        plugin_of(type(component)) is None or "version" in vars(type(component)),
        f"{title(component)} is offered by a package and has no version of its own. Give the class an attribute such "
        "as version: ClassVar[int] = 1, to be raised when the same settings would give other results.",
    )
    again = attempt(
        f"{title(component)} cannot be sent to another process", lambda: pickle.loads(pickle.dumps(component))
    )
    expect(
        canonical_json(describe(again)) == settings,
        f"{title(component)} has other settings once it was pickled. Keep in its fields all that it consists of.",
    )


def check_identity(owner: object, name: str, identity: Any) -> None:
    """Check that what a component says of itself is plain, and is about what is computed, not where."""
    text = attempt(f"{title(owner)}.{name} is not plain", lambda: canonical_json(describe(identity)))
    expect(
        '"device"' not in text,
        f"{title(owner)}.{name} tells a device. Leave out where to compute: it changes no result.",
    )


def attempt(problem: str, act: Callable[[], Any]) -> Any:
    """Return what is done; say what cannot be done if it raises.

    Raises:
        AssertionError: with the problem and what was raised.
    """
    try:
        return act()
    except Exception as error:
        raise AssertionError(f"{problem}: {type(error).__name__}: {error}") from error

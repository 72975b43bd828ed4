"""What an object holds, however it keeps it."""

from typing import Any


def state(thing: object) -> dict[str, Any]:
    """Return names and values of all attributes of an object, those in slots included."""
    held: Any = object.__getstate__(thing)
    attributes, slots = held if isinstance(held, tuple) else (held, None)
    return dict(attributes or {}) | dict(slots or {})

"""The text in a cell of a table."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Unusable:
    """What stands where a text should be.

    Attributes:
        reason: why it is none, as it is counted.
        problem: what to tell of it: where it is, what is wrong, what to do.
    """

    reason: str
    problem: str


def text_in(place: str, column: str, value: Any) -> str | Unusable:
    """Return a text from a table.

    Args:
        place: where the table has it, for the message.
        column: name of its column.
        value: what is found there.
    """
    if value is None:
        return Unusable("null", f"{place} has nothing (null) in column {column!r}. Remove it, or give it a text.")
    if not isinstance(value, str):
        problem = f"{place} has {value!r:.40} in column {column!r}, which is no text. Name a column of strings."
        return Unusable("no text", problem)
    return value

"""The text in a cell of a table."""

from typing import Any

from genloop.errors import UserError


def check_text(place: str, column: str, value: Any) -> str:
    """Return a text from a table.

    Args:
        place: where the table has it, for the message.
        column: name of its column.
        value: what is found there.

    Raises:
        UserError: if it is no text, or there is none.
    """
    if value is None:
        raise UserError(f"{place} has nothing (null) in column {column!r}. Remove it, or give it a text.")
    if not isinstance(value, str):
        raise UserError(f"{place} has {value!r:.40} in column {column!r}, which is no text. Name a column of strings.")
    return value

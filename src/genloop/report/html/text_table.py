"""Tables of the page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class TextTable:
    """A table of text.

    Attributes:
        header: of its columns; the first one names the rows.
        rows: one text for each column.
    """

    header: Sequence[str]
    rows: Sequence[Sequence[str]]

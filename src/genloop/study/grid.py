"""A table of text, for a terminal and for a page."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from genloop.report.markdown import markdown_table

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")
ENTITIES = {"&": "&amp;", "<": "&lt;"}  # some readers of Markdown know no backslash before these


@dataclass(frozen=True)
class Grid:
    """Lines of cells under a header; a cell is text, which may come from a model, and never Markdown."""

    title: str
    header: Sequence[str]
    lines: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table as Markdown, under its title."""
        return f"### {self.title}\n\n{self.untitled()}"

    def untitled(self) -> str:
        """Return the table as Markdown."""
        return markdown_table(map(escaped, line) for line in (self.header, *self.lines))


def escaped(text: str) -> str:
    """Return text as Markdown that shows it, on one line, whatever is in it."""
    plain = CONTROL.sub(" ", text)
    return re.sub(r"[\\`*\[\]|&<]", lambda found: ENTITIES.get(found[0], f"\\{found[0]}"), plain)

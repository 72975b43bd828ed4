"""A table of text, for a terminal and for a page."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Grid:
    """Lines of cells under a header."""

    title: str
    header: Sequence[str]
    lines: Sequence[Sequence[str]]

    def markdown(self) -> str:
        """Return the table as Markdown, under its title."""
        return f"### {self.title}\n\n{self.untitled()}"

    def untitled(self) -> str:
        """Return the table as Markdown."""
        rule = ["---"] * len(self.header)
        return "\n".join(_line(line) for line in (self.header, rule, *self.lines)) + "\n"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

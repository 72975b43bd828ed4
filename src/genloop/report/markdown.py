"""Markdown, as pages and model cards are written in it."""

from collections.abc import Iterable


def markdown_table(lines: Iterable[Iterable[str]]) -> str:
    """Return lines of Markdown as a table; the first one is the header."""
    header, *rest = [list(line) for line in lines]
    return "".join(f"| {' | '.join(line)} |\n" for line in (header, ["---"] * len(header), *rest))

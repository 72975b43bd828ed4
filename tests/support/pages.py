"""The pages that people read, and what stands on them: code blocks, commands within sentences, links."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r'^```(\w*)(?: title="([^"]+)")?\n(.*?)^```$', flags=re.DOTALL | re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A code block.

    Attributes:
        language: what it is written in.
        title: name of the file that it shows.
        text: what stands in it.
        is_first: whether no other stands above it under the same heading.
    """

    language: str
    title: str | None
    text: str
    is_first: bool


@dataclass(frozen=True)
class Page:
    """A Markdown file, by its path from the root of the repository."""

    name: str

    @cached_property
    def text(self) -> str:
        return (ROOT / self.name).read_text("utf-8")

    @property
    def blocks(self) -> Iterator[Block]:
        end = 0
        for match in FENCE.finditer(self.text):
            between = self.text[end : match.start()]
            yield Block(*match.groups(), is_first=re.search(r"^#", between, flags=re.MULTILINE) is not None)
            end = match.end()

    def inline_commands(self) -> Iterator[list[str]]:
        """Iterate over commands within sentences and tables; N is a number, and what may be left out is in brackets."""
        for code in re.findall(r"`(genloop [^`]+)`", FENCE.sub("", self.text)):
            yield shlex.split(re.sub(r"[\[\]…]|\.\.\.", " ", re.sub(r"\bN\b", "1", code)))

    def links(self) -> list[str]:
        """Return the links to places within the repository."""
        return re.findall(r"\]\((?!https?:)([^)\s]+)\)", FENCE.sub("", self.text))


def commands(block: Block) -> list[list[str]]:
    """Return the commands of a shell block, as words."""
    lines = block.text.replace("\\\n", " ").splitlines()
    return [words for line in lines if (words := shlex.split(line, comments=True))]


def all_pages() -> list[Page]:
    """Return every page, the README first."""
    names = ["README.md", "CONTRIBUTING.md", *sorted(str(p.relative_to(ROOT)) for p in (ROOT / "docs").rglob("*.md"))]
    return [Page(name) for name in names]

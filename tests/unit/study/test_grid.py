"""Tables show what stands in their cells, whoever wrote it, in both readers of Markdown at hand."""

import pytest
from markdown_it import MarkdownIt

from genloop.study.grid import Grid

HOSTILE = [
    "<script>alert(1)</script>",
    "[click](javascript:alert(1))",
    "**bold** and `code` and a \\ and w* + 2 * x",
    "a | b",
    "R&D &lt;",
    "<img src=x onerror=alert(1)>",
]


def commonmark(text: str) -> str:
    return MarkdownIt("commonmark").enable("table").render(text)


def python_markdown(text: str) -> str:
    return pytest.importorskip("markdown").markdown(text, extensions=["tables"])


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("rendered", [commonmark, python_markdown])
def test_a_cell_is_shown_as_it_is(rendered, text):
    page = rendered(Grid("Documents", ("model", "text"), [("GPT-2", text)]).markdown())
    (cell,) = [line.strip() for line in page.splitlines() if line.startswith("<td>") and "GPT-2" not in line]
    shown = cell.removeprefix("<td>").removesuffix("</td>")
    assert shown == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def test_a_cell_is_one_line_without_control_characters():
    assert Grid("", ("a",), [("one\ntwo\x00three\x1b[1m",)]).untitled() == "| a |\n| --- |\n| one two three \\[1m |\n"

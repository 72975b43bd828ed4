"""Where commands print, whatever the streams, their encoding and the text that comes from outside."""

import json
import os
import sys
from collections.abc import Iterable
from typing import Any

from rich.console import Console, RenderableType
from rich.segment import Segment
from rich.text import Text

PLAIN_WIDTH = 150  # of tables where there is no terminal

# Control characters move cursors, set titles and colours: what comes from outside shows their pictures instead.
_LINES = {ord("\n"), ord("\t")}
_PICTURES = {code: 0x2400 + code for code in range(0x20) if code not in _LINES} | {0x7F: 0x2421}
_PRINTABLE = _PICTURES | dict.fromkeys(range(0x80, 0xA0), 0xFFFD)


class ReaderGone(Exception):
    """Nobody reads what is written any more. Not a BrokenPipeError, of which Typer would make exit code 1."""


def printable(text: str) -> str:
    """Return a text with a visible character in the place of every control character but line ends and tabs."""
    return text.translate(_PRINTABLE)


class SafeConsole(Console):
    """Prints names, paths and samples as they are: [a-z] is no colour in them, :x: no picture, an escape no command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(markup=False, emoji=False, **settings)

    def render_str(self, text: str, **settings: Any) -> Text:
        return super().render_str(printable(text), **settings)

    def render(self, renderable: RenderableType, options: Any = None) -> Iterable[Segment]:
        if isinstance(renderable, Text):
            renderable = renderable.copy()
            renderable.plain = printable(renderable.plain)  # as long as before, so that styles stay in their places
        return super().render(renderable, options)

    def on_broken_pipe(self) -> None:
        raise ReaderGone


def prepare_streams() -> None:
    """Make standard output and error exist, and take any text: a closed one swallows it, a narrow one escapes it."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 - open for as long as we are
        getattr(sys, name).reconfigure(errors="backslashreplace")


def leave_quietly() -> None:
    """Let nothing more be written to a reader that has gone away, at exit either."""
    null = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):
        os.dup2(null, stream.fileno())


def print_json(document: Any, *, note: str = "") -> None:
    """Print one JSON document: in ASCII where the stream takes nothing else, and never with control characters.

    A note says what is left out of an object; without one, nothing is added.
    """
    document = {**document, "note": note} if note else document
    is_wide = (sys.stdout.encoding or "").lower().startswith("utf")
    text = json.dumps(document, indent=1, ensure_ascii=not is_wide)
    print_plain(text.translate({code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}) + "\n")


def print_plain(text: str) -> None:
    """Print a document for programs as it is; letters that the stream does not take become their numbers."""
    encoding = sys.stdout.encoding or "utf-8"
    try:
        print(text.encode(encoding, "backslashreplace").decode(encoding), end="", flush=True)
    except BrokenPipeError as error:
        raise ReaderGone from error

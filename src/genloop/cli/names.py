"""The command that says what can be named."""

import ast
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

from rich.table import Table
from rich.text import Text

from genloop import catalog
from genloop.catalog import Entry, Names
from genloop.cli.app import app, out
from genloop.cli.arguments import AsJson
from genloop.cli.console import print_json
from genloop.data.extras import user_error
from genloop.errors import UserError


@dataclass(frozen=True)
class _Line:
    """A name with what it stands for, or why it stands for nothing."""

    kind: str
    entry: Entry
    about: str
    problem: str | None = None


@app.command("list")
def list_names(as_json: AsJson = False) -> None:
    """List everything with a name: recipes, policies, sources, estimators, metrics, ..., and where each comes from."""
    lines = [_line(names, entry) for names in catalog.ALL for name in names for entry in names[name]]
    if as_json:
        print_json([_plain(line) for line in lines])
        return
    table = Table("kind", "name", "what it is", "from")
    for _, group in groupby(lines, key=lambda line: line.kind):
        for line in group:
            about = Text(line.problem, style="red") if line.problem else line.about
            table.add_row(line.kind, line.entry.name, about, line.entry.origin)
        table.add_section()
    out.print(table)


def _line(names: Names, entry: Entry) -> _Line:
    try:
        names.find(entry.name)
        return _Line(names.kind, entry, (_docstring(entry) or "").strip().split("\n")[0])
    except (UserError, ModuleNotFoundError) as error:
        return _Line(names.kind, entry, "", str(user_error(error)))


def _docstring(entry: Entry) -> str | None:
    """Return the docstring of what a name stands for; genloop's own are read, as importing them all takes seconds."""
    if entry.distribution != catalog.OWN:
        return entry.load().__doc__
    module, _, attribute = entry.place.partition(":")
    return _docstrings(module)[attribute]


@lru_cache
def _docstrings(module: str) -> dict[str, str | None]:
    """Return the docstrings of the classes and functions of a module, by name."""
    path = Path(catalog.__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py")
    tree = ast.parse(path.read_text("utf-8"))
    return {
        node.name: ast.get_docstring(node) for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)
    }


def _plain(line: _Line) -> dict[str, Any]:
    entry = line.entry
    return {
        "kind": line.kind, "name": entry.name, "about": line.about, "place": entry.place,
        "distribution": entry.distribution, "version": entry.version, "problem": line.problem,
    }  # fmt: skip

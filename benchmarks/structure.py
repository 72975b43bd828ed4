"""How a code base is built, in one row of a Markdown table: sizes, docstrings, comments, circles and late imports.

A circle is a set of modules that import one another, directly or through others, counting imports within functions but
not those for type checkers. A late import is a statement within a function that names a module of the same package. A
function counts from its `def` to its last line; files of no lines do not count. Imports are taken to be absolute.

    python benchmarks/structure.py CHECKOUT [CHECKOUT ...]
"""

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from statistics import median

Function = ast.FunctionDef | ast.AsyncFunctionDef
HEAD = (
    "| | lines | files | file med/max | function med/p90/max | docstr. % | comments/100 | typed returns % | "
    "circles (modules in them) | late imports | test lines |\n|" + " --- |" * 11
)


@dataclass(frozen=True)
class Module:
    """A file of a package.

    Attributes:
        name: dotted, from the package on.
        text: its source.
    """

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text)

    @property
    def num_lines(self) -> int:
        return len(self.text.splitlines())

    @property
    def functions(self) -> list[Function]:
        return [node for node in ast.walk(self.tree) if isinstance(node, Function)]

    @property
    def num_comments(self) -> int:
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        return sum(token.type == tokenize.COMMENT for token in tokens)

    @property
    def num_docstring_lines(self) -> int:
        return sum(map(_docstring_lines, ast.walk(self.tree)))

    def imports(self, known: frozenset[str]) -> Iterator[tuple[set[str], bool]]:
        """Iterate over statements that import modules of `known`: which, and whether that happens within a function."""
        for node, is_late in _imports(self.tree, is_late=False):
            if found := {_nearest(name, known) for name in _names(node)} - {"", self.name}:
                yield found, is_late


def _imports(parent: ast.AST, *, is_late: bool) -> Iterator[tuple[ast.Import | ast.ImportFrom, bool]]:
    for node in ast.iter_child_nodes(parent):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, is_late
        elif not (isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)):
            yield from _imports(node, is_late=is_late or isinstance(node, Function))


def _names(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def _nearest(name: str, known: frozenset[str]) -> str:
    """Return the module that a dotted name lies in, which may be that of a class or function; empty if in none."""
    while name and name not in known:
        name = name.rpartition(".")[0]
    return name


def _docstring_lines(node: ast.AST) -> int:
    has_body = isinstance(node, ast.Module | ast.ClassDef | Function)
    if not has_body or ast.get_docstring(node) is None:
        return 0
    return _length(node.body[0])


def _length(node: ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def modules(package: Path) -> list[Module]:
    """Return all modules of a package."""
    return [
        Module(".".join(path.relative_to(package.parent).with_suffix("").parts).removesuffix(".__init__"), text)
        for path in sorted(package.rglob("*.py"))
        if (text := path.read_text("utf-8"))
    ]


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the sets of more than one module that reach one another."""
    reached = {name: _reached(name, graph) for name in graph}
    found = {frozenset(other for other in others if name in reached[other]) for name, others in reached.items()}
    return [set(circle) for circle in found if len(circle) > 1]


def _reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [start]
    while waiting:
        for name in graph[waiting.pop()] - found:
            found.add(name)
            waiting.append(name)
    return found


def row(checkout: Path) -> str:
    """Return the row of one checkout whose only package lies in `src` and whose tests lie in `tests`."""
    (package,) = (path.parent for path in (checkout / "src").glob("*/__init__.py"))
    num_tests = sum(len(path.read_text("utf-8").splitlines()) for path in (checkout / "tests").rglob("*.py"))
    found = modules(package)
    cells = (*_size_cells(found), *_import_cells(found), f"{num_tests:,}")
    return f"| {checkout.resolve().name} | {' | '.join(cells)} |"


def _size_cells(found: list[Module]) -> Iterator[str]:
    files = [module.num_lines for module in found]
    functions = [function for module in found for function in module.functions]
    lengths = sorted(map(_length, functions))
    yield f"{sum(files):,}"
    yield f"{len(files)}"
    yield f"{median(files):.0f}/{max(files)}"
    yield f"{median(lengths):.0f}/{lengths[int(0.9 * len(lengths))]}/{lengths[-1]}"
    yield f"{100 * sum(module.num_docstring_lines for module in found) / sum(files):.0f}"
    yield f"{100 * sum(module.num_comments for module in found) / sum(files):.1f}"
    yield f"{100 * sum(function.returns is not None for function in functions) / len(functions):.0f}"


def _import_cells(found: list[Module]) -> Iterator[str]:
    known = frozenset(module.name for module in found)
    statements = {module.name: list(module.imports(known)) for module in found}
    rings = circles({name: set().union(*(others for others, _ in of_one)) for name, of_one in statements.items()})
    yield f"{len(rings)} ({sum(map(len, rings))})"
    yield f"{sum(is_late for of_one in statements.values() for _, is_late in of_one)}"


if __name__ == "__main__":
    print(HEAD)
    for name in sys.argv[1:]:
        print(row(Path(name)))

"""Who imports whom in the package: every file, and every import in it, late ones and those for types included."""

import ast
from pathlib import Path

PACKAGE = Path(__file__).parents[2] / "src" / "genloop"
Graph = dict[str, set[str]]


def import_graph(package: Path = PACKAGE) -> Graph:
    """Return, for every module of a package, the modules of it that it imports.

    To import a module is to import the packages that it is in, but for those that the importing one is in itself.
    """
    paths = {_name(path, package): path for path in package.rglob("*.py")}
    return {name: _with_packages(name, _named(path, paths)) for name, path in paths.items()}


def parts_of(graph: Graph) -> Graph:
    """Return, for every part (a file or folder of the package), the other parts that it imports."""
    parts: Graph = {}
    for name, imported in graph.items():
        others = {_part(other) for other in imported} - {_part(name)}
        parts.setdefault(_part(name), set()).update(others)
    return parts


def circles(graph: Graph) -> list[list[str]]:
    """Return the sets of modules each of which leads to all others of its set, by any number of imports."""
    reached = {name: _reached(name, graph) for name in graph}
    found = {frozenset({name} | {other for other in reached[name] if name in reached[other]}) for name in graph}
    return sorted(sorted(circle) for circle in found if len(circle) > 1)


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _part(name: str) -> str:
    return name.split(".")[1] if "." in name else name


def _named(path: Path, paths: dict[str, Path]) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            modules = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= modules & paths.keys() | ({node.module} if modules - paths.keys() else set())
    return found & paths.keys()


def _with_packages(name: str, imported: set[str]) -> set[str]:
    packages = {other.rpartition(".")[0] for other in imported}
    while more := {package.rpartition(".")[0] for package in packages} - packages - {""}:
        packages |= more
    return {other for other in imported | packages - {""} if other != name and not name.startswith(f"{other}.")}


def _reached(name: str, graph: Graph) -> set[str]:
    reached: set[str] = set()
    waiting = [name]
    while waiting:
        new = graph[waiting.pop()] - reached
        reached |= new
        waiting += new
    return reached

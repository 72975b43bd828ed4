"""Imports point one way, and what is light stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "src" / "genloop"

# Each part may import itself, what stands above it, and what is named for it.
LAYERS = {
    "errors": set(),
    "identity": {"errors"},
    "types": set(),
    "policies": {"errors"},
    "policy_text": {"errors", "policies"},
    "store": {"errors", "identity"},
    "environment": set(),
    "steps": {"identity", "types"},
    "theory": {"errors", "policies", "policy_text"},
    "experiment": {"errors", "policies", "policy_text", "types"},
    "data": {"errors", "identity", "types"},
    "metrics": {"errors", "identity", "types", "data"},
    "families": {"errors", "identity", "types", "data"},
    "assembly": {"errors", "policies", "policy_text", "steps"},
    "loop": {"assembly", "experiment", "identity", "policies", "policy_text", "steps"},
    "plan": {"loop", "policy_text", "steps", "store", "types"},
    "executors": {"environment", "errors", "experiment", "loop", "plan", "steps", "store", "types"},
}


def _imports(path: Path) -> set[str]:
    """Return the parts of genloop that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module] if node.module != "genloop" else [f"genloop.{alias.name}" for alias in node.names]
        found |= {name.split(".")[1] for name in names if name.startswith("genloop.")}
    return found


def _files(part: str) -> list[Path]:
    return sorted((PACKAGE / part).rglob("*.py")) or [PACKAGE / f"{part}.py"]


@pytest.mark.parametrize("part", LAYERS)
def test_imports_point_one_way(part):
    for path in _files(part):
        assert _imports(path) <= LAYERS[part] | {part}, path


def test_families_do_not_import_one_another():
    families = [folder for folder in (PACKAGE / "families").iterdir() if folder.is_dir() and folder.name[0] != "_"]
    names = {folder.name for folder in families}
    for folder in families:
        for path in folder.rglob("*.py"):
            text = path.read_text()
            assert not any(f"genloop.families.{other}" in text for other in names - {folder.name}), path


def test_nothing_but_reproductions_imports_recipes_or_the_command_line():
    for path in sorted(PACKAGE.rglob("*.py")):
        if not {"cli", "recipes", "study", "paper"} & set(path.parts):
            assert not _imports(path) & {"recipes", "cli"}, path


def _loaded(statement: str) -> set[str]:
    script = f"{statement}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_package_loads_neither_torch_nor_ray():
    assert not _loaded("import genloop") & {"torch", "ray", "numpy", "matplotlib", "transformers"}


def test_report_and_recipes_load_no_torch():
    modules = ("cli", "runs.record", "report.tables", "report.samples", "recipes.stories")
    statement = f"import {', '.join(f'genloop.{module}' for module in modules)}"
    assert not _loaded(statement) & {"torch", "ray", "transformers", "datasets", "jinja2", "plotly"}
    assert not _loaded("import genloop.report.html.page") & {"torch", "ray", "transformers", "datasets"}

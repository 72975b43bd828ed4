"""Imports point one way, without circles, and what is light stays light."""

import subprocess
import sys

import pytest
from package_imports import PACKAGE, circles, import_graph, parts_of

GRAPH = import_graph()

# Who may import whom, part by part: each part itself, and what stands behind it here.
GROUND = {"errors", "examples", "files", "identity", "left_out", "numerals", "scratch", "types", "values", "version"}
STEPS = {"attempts", "disk_errors", "experiment", "policies", "policy_text", "steps", "store", "supply"}
CORE = GROUND | STEPS | {"assembly", "executors", "loop", "plan", "sizes"}
READ = CORE | {"catalog", "environment", "experiment_file", "mirror", "runs", "theory"}
LAYERS = {
    "version": set(),
    "numerals": set(),
    "files": set(),
    "disk_errors": {"errors"},
    "scratch": {"files", "identity"},
    "threads": set(),
    "errors": set(),
    "left_out": set(),
    "values": {"errors"},
    "looks": set(),
    "plain_yaml": {"plain_numbers"},
    "own_modules": set(),
    "state": set(),
    "plain_numbers": {"errors"},
    "own_code": {"looks", "own_modules", "state"},
    "catalog": {"errors"},
    "costs": set(),
    "manifest": {"errors", "identity"},
    "types": {"costs", "examples", "values"},
    "identity": {"catalog", "errors", "own_code", "own_modules"},
    "environment": {"version"},
    "policies": {"errors", "identity"},
    "examples": set(),
    "supply": {"errors", "policies"},
    "policy_text": {"catalog", "errors", "identity", "plain_yaml", "policies", "state"},
    "theory": {"errors", "policies", "policy_text", "supply"},
    "data": GROUND,
    "metrics": GROUND | {"data"},
    "families": GROUND | {"data"},
    "steps": {"identity", "left_out", "sizes", "types", "values"},
    "sizes": {"types"},
    "processes": set(),
    "leases": {"files", "processes"},
    "attempts": {"files"},
    "store": {"attempts", "disk_errors", "errors", "files", "identity", "leases", "manifest"},
    "experiment": {"errors", "policies", "policy_text", "types", "values"},
    "recipes": {"data", "experiment", "families", "metrics", "policies"},
    "experiment_file": {"catalog", "errors", "experiment", "plain_yaml", "policy_text", "types"},
    "assembly": {"errors", "policies", "policy_text", "steps"},
    "mirror": {"attempts", "disk_errors", "errors", "files", "store"},
    "loop": {"assembly", "experiment", "identity", "policies", "policy_text", "sizes", "steps", "types", "supply"},
    "plan": {"loop", "steps", "store", "types"},
    "requirements": {"errors", "loop", "steps", "types"},
    "executors": {
        "errors",
        "threads",
        "environment",
        "experiment",
        "files",
        "loop",
        "plan",
        "processes",
        "requirements",
        "steps",
        "store",
        "types",
        "values",
    },
    "runs": CORE | {"catalog", "experiment_file", "mirror"},
    "analysis": READ,
    "report": READ | {"analysis", "data"},
    "study": READ | {"analysis", "data", "report"},
    "paper": READ | {"analysis", "data", "families", "metrics", "recipes", "report", "study"},
    "cli": READ | {"analysis", "data", "plain_numbers", "report", "study"},
    "testing": CORE | {"catalog", "runs", "values"},
    **{face: {"data", "families", "metrics"} for face in ("images", "molecules", "numbers", "text")},
    "genloop": READ | {"analysis", "report", "values"},
}


def test_every_part_of_the_package_is_listed():
    assert parts_of(GRAPH).keys() == LAYERS.keys()


@pytest.mark.parametrize("part", LAYERS)
def test_imports_point_one_way(part):
    assert parts_of(GRAPH)[part] <= LAYERS[part]


def test_there_are_no_circles():
    """Late imports count: one keeps a heavy library out, and hides no circle."""
    assert circles(GRAPH) == []


def test_a_circle_is_seen_wherever_its_imports_stand(tmp_path):
    files = {
        "first.py": "from package import second",
        "second.py": "def late():\n    import package.inner.third",
        "inner/__init__.py": "from package.first import name",
        "inner/third.py": "",
        "alone.py": "import package.first\nimport json",
    }
    for name, text in files.items():
        path = tmp_path / "package" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    assert circles(import_graph(tmp_path / "package")) == [["package.first", "package.inner", "package.second"]]


def test_families_do_not_import_one_another():
    folders = {folder.name for folder in (PACKAGE / "families").iterdir() if folder.is_dir() and folder.name[0] != "_"}
    for name, imported in GRAPH.items():
        home = [f"genloop.families.{folder}" for folder in folders if name.startswith(f"genloop.families.{folder}.")]
        strangers = [f"genloop.families.{folder}" for folder in folders if f"genloop.families.{folder}" not in home]
        if home:
            assert not [other for other in imported if other.startswith(tuple(strangers))], name


def test_numbers_stand_apart_from_showing():
    """What the numbers of a run say is worked out without a library that draws or writes tables."""
    shown = {"jinja2", "matplotlib", "plotly", "rich"}
    modules = sorted(name for name in GRAPH if name.startswith(("genloop.analysis.", "genloop.runs.")))
    assert not _loaded(f"import {', '.join(modules)}") & shown


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

"""The documentation site: pages have their places, what has a name has its reference, and what is built is complete."""

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from pages import ROOT
from typer.main import get_command

from genloop import catalog
from genloop.cli.commands import app

DOCS = ROOT / "docs"


def _settings() -> dict:
    return yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))


def _places(entry) -> list[str]:
    if isinstance(entry, str):
        return [entry]
    parts = entry.values() if isinstance(entry, dict) else entry
    return [place for part in parts for place in _places(part)]


def _referenced() -> list[str]:
    pages = sorted((DOCS / "reference").glob("*.md"))
    return [name for page in pages for name in re.findall(r"^::: ([\w.]+)$", page.read_text(), flags=re.MULTILINE)]


def test_every_page_has_one_place():
    pages = [str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md") if DOCS / "results" not in page.parents]
    assert sorted(_places(_settings()["nav"])) == sorted([*pages, "results/README.md"])


def test_everything_with_a_name_has_its_reference():
    named = [names.find(name) for names in (catalog.SOURCES, catalog.ESTIMATORS, catalog.METRICS) for name in names]
    assert {entry.place.replace(":", ".") for entry in named} <= set(_referenced())


def test_every_command_has_its_row():
    page = (DOCS / "reference" / "commands.md").read_text("utf-8")
    rows = re.findall(r"^\| `genloop (\w+)", page, flags=re.MULTILINE)
    context = get_command(app).make_context("genloop", ["list"], resilient_parsing=True)
    assert sorted(rows) == sorted(get_command(app).list_commands(context))


@pytest.mark.parametrize("name", _referenced())
def test_what_is_referenced_exists(name):
    module, _, attribute = name.rpartition(".")
    assert hasattr(import_module(module), attribute) or import_module(name)


def test_docstrings_name_one_thing_a_line():
    """Two names before one colon are read as a name and its type."""
    for name in _referenced():
        path = ROOT / "src" / Path(*name.split("."))
        text = next(place for place in (path, *path.parents) if place.with_suffix(".py").is_file()).with_suffix(".py")
        assert not re.findall(r"^ {4,8}\w+(?:, \w+)+: [a-z].*[.;]$", text.read_text("utf-8"), flags=re.MULTILINE), text


def test_files_shown_on_pages_exist():
    shown = [name for page in DOCS.rglob("*.md") for name in re.findall(r'--8<-- "([^"]+)"', page.read_text("utf-8"))]
    assert shown
    assert all((ROOT / name).is_file() for name in shown)


def test_site_builds_without_a_warning_and_asks_no_network(tmp_path):
    pytest.importorskip("material", reason="needs the extra `docs`, which `make docs` installs")
    build = [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run(build, cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr
    for page in tmp_path.rglob("*.html"):
        asked = re.findall(r'<(?:script|link|img|iframe)[^>]+(?:src|href)="(https?://[^"]+)"', page.read_text("utf-8"))
        assert not [url for url in asked if 'rel="canonical"' not in url], page

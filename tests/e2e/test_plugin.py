"""The example of a package that offers a family: installed, listed, run from a file, and held to the contract.

What users type runs in processes of its own, in which the package is installed as pip installs it.
"""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from pages import ROOT

PLUGIN = ROOT / "examples" / "plugin"
LONGEST = 150  # lines of the family
COMMAND = "from genloop.cli import main; main()"
CONTRACT = f"import pytest; assert pytest.main(['-q', '-p', 'no:cacheprovider', {str(PLUGIN / 'tests')!r}]) == 0; "

pytest.importorskip("diffusers")


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """Install the example into a folder, without network, and return that."""
    copy, site = tmp_path_factory.mktemp("plugin") / "plugin", tmp_path_factory.mktemp("site")
    shutil.copytree(PLUGIN, copy)  # pip builds inside of it
    install = ["install", "--quiet", "--no-deps", "--no-build-isolation", "--no-index", "--target", site, copy]
    subprocess.run([sys.executable, "-m", "pip", *map(str, install)], check=True)
    return site


def _python(site: Path, folder: Path, *arguments: object) -> str:
    """Run Python with the example installed; return what it prints."""
    path = os.pathsep.join([str(ROOT / "src"), str(site)])
    done = subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=folder, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_listed_with_its_origin_and_imports_no_torch(site, tmp_path):
    lines = json.loads(_python(site, tmp_path, "-c", COMMAND, "list", "--json"))
    (ddpm,) = [line for line in lines if line["name"] == "ddpm"]
    assert (ddpm["kind"], ddpm["distribution"], ddpm["version"]) == ("estimator", "genloop-ddpm", "0.1.0")
    assert ddpm["problem"] is None
    loaded = _python(site, tmp_path, "-c", "import genloop_ddpm, sys; print('torch' in sys.modules)")
    assert loaded == "False\n"


def test_the_example_fulfils_its_contract_and_runs_from_its_file(site, tmp_path):
    """One process does both: importing diffusers takes longer than either."""
    written = yaml.safe_load((PLUGIN / "digits.yaml").read_text())
    assert written["estimator"]["type"] == "ddpm"
    small = ("estimator.channels=[4, 8]", "estimator.num_noises=3", "estimator.epochs=1", "num_samples=40")
    changes = [part for change in small for part in ("--set", change)]
    run = ("run", PLUGIN / "digits.yaml", "--iterations", 2, "--out", "run", *changes)
    _python(site, tmp_path, "-c", CONTRACT + COMMAND, *run)
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["experiment"]["estimator"]["type"] == "ddpm"
    manifest = json.loads((tmp_path / "run" / "store" / record["iterations"][0]["model"] / "manifest.json").read_text())
    told = manifest["inputs"]["estimator"]["class"]
    assert told == {"name": "ddpm", "distribution": "genloop-ddpm", "version": 1, "bases": {}}
    shown = json.loads(_python(site, tmp_path, "-c", COMMAND, "show", "run", "--json"))
    assert {row["iteration"] for row in shown["rows"]} == {1, 2}


def test_the_example_is_as_short_as_promised():
    num = sum(len(path.read_text().splitlines()) for path in (PLUGIN / "src").rglob("*.py"))
    assert num <= LONGEST

"""Names of what is installed: where they come from, what they load, and what happens when packages are in the way."""

import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest
import yaml
from plugins import installed

from genloop import catalog
from genloop.errors import UserError
from genloop.experiment_file import from_dict, to_dict
from genloop.families.statistical.gaussian import Gaussian
from genloop.identity import describe, describe_class
from genloop.policy_text import is_own_policy, parse_policy, policy_name

PACKAGE = '''
from dataclasses import dataclass
from typing import ClassVar

from genloop.families.statistical.gaussian import Gaussian
from genloop.policies import Mixture, Replace, Share

@dataclass(frozen=True)
class Wide(Gaussian):
    """A normal distribution that is too wide."""

    version: ClassVar[int] = 3

    widening: float = 1.5

    def help(self):
        return 1

@dataclass(frozen=True)
class Nameless(Gaussian):
    """A family that says no version."""

@dataclass(frozen=True)
class Rare(Replace):
    """Replace, in some way."""

    version: ClassVar[int] = 1

    every: int
    share: float = 0.5

class NoDataclass:
    """A policy that is no dataclass."""

    def __init__(self, size=1):
        pass

def recipe():
    """A recipe of the package."""
    from dataclasses import replace
    from genloop.recipes.statistical import gaussian
    return replace(gaussian(), estimator=Wide())

def study(request):
    """A study of the package."""
    from genloop.study.claims import Claim, Reproduction
    true = Claim.of("others are others", expected=1.0, measured=1.0, standard_error=0.1)
    return Reproduction("A study of others", (true,))
'''
OFFERS = {
    "genloop.estimators": {"wide_gaussian": "wide.parts:Wide", "nameless": "wide.parts:Nameless"},
    "genloop.policies": {"rare": "wide.parts:Rare", "no-dataclass": "wide.parts:NoDataclass"},
    "genloop.recipes": {"wide": "wide.parts:recipe"},
    "genloop.studies": {"wide-study": "wide.parts:study"},
}
BROKEN = {"genloop.metrics": {"broken": "broken_package.parts:Metric", "loud": "sys:no_such_thing"}}


@pytest.fixture
def plugin(tmp_path):
    """A package with an estimator, policies, a recipe and a study, in a folder like site-packages."""
    site = tmp_path / "site-packages"
    (site / "wide").mkdir(parents=True)
    (site / "wide" / "__init__.py").touch()
    (site / "wide" / "parts.py").write_text(PACKAGE)
    for name in [name for name in sys.modules if name.partition(".")[0] == "wide"]:
        del sys.modules[name]
    with installed(site, OFFERS, distribution="genloop-wide", version="2.1"):
        yield site


def test_names_of_genloop_are_its_entry_points():
    for names in (catalog.SOURCES, catalog.ESTIMATORS, catalog.METRICS, catalog.POLICIES, catalog.RECIPES):
        assert len(names) > 5
        for name in names:
            entry = names.find(name)
            assert (entry.distribution, entry.name) == ("genloop", name)
    assert list(catalog.STUDIES)[:5] == ["all", "controls", "figure2", "figure3", "figure4"]


def test_names_are_those_of_the_installed_metadata():
    """What is built from `pyproject.toml` and what is read beside the source code are the same lines."""
    source = {(group, entry.name, entry.place) for group, entry in catalog._of_source_tree()}
    assert source == {(names.group, name, names.find(name).place) for names in catalog.ALL for name in names}
    assert ("genloop.estimators", "ridge", "genloop.families.linear:Ridge") in source


def test_a_plugin_is_used_from_a_file_as_what_is_shipped(plugin, genloop, tmp_path):
    written = {
        "name": "wide",
        "source": {"type": "normal", "num_replicates": 3},
        "estimator": {"type": "wide-gaussian", "widening": 2.0},
        "policies": ["rare(3, share=0.25)"],
        "metrics": ["moments"],
        "num_iterations": 2,
        "num_samples": 20,
    }
    (tmp_path / "wide.yaml").write_text(yaml.safe_dump(written))
    for changes in (
        (),
        ("--set", "estimator.widening=3", "--policy", "rare(2)"),
        ("--set", "estimator.type=wide_gaussian"),
    ):
        code, _, err = genloop("run", "wide.yaml", "--out", f"runs/{len(changes)}", *changes)
        assert code == 0, err
    record = json.loads((tmp_path / "runs/4/run.json").read_text())
    assert record["experiment"]["estimator"]["widening"] == 3
    assert record["experiment"]["policies"] == ["rare(every=2, share=0.5)"]
    assert from_dict(to_dict(from_dict(written))) == from_dict(written)
    for reader in (("show", "runs/0"), ("report", "runs/0"), ("plan", "wide.yaml"), ("predict", "--policy", "rare(2)")):
        code, _, err = genloop(*reader)
        assert code == 0, (reader, err)


def test_recipes_and_studies_of_a_package_are_run_by_name(plugin, genloop, tmp_path):
    code, _, err = genloop("run", "wide", "--iterations", 1, "--set", "source.num_replicates=2")
    assert code == 0, err
    code, out, err = genloop("reproduce", "wide-study")
    assert (code, "others are others" in out) == (0, True), err


def test_policies_of_a_package_are_written_as_they_are_read(plugin):
    policy = parse_policy("rare(every=3)")
    assert policy_name(policy) == "rare(every=3, share=0.5)"
    assert parse_policy(policy_name(policy)) == policy
    assert not is_own_policy(policy_name(policy))


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("rare", r"'rare' lacks 'every'\. Write for example rare\(every=1\)"),
        ("rare(2.5)", r"needs a whole number as every, not 2\.5"),
        ("rare(every=x)", "needs a number, not 'x'"),
        ("rare(1, 2, 3)", "takes the parameters every and share"),
        ("no-dataclass(2)", "NoDataclass is no dataclass. Use it from Python"),
    ],
)
def test_policies_of_a_package_are_refused_in_one_sentence(plugin, written, sentence):
    with pytest.raises(UserError, match=sentence):
        parse_policy(written)


def test_list_says_where_each_name_comes_from(plugin, genloop):
    code, out, err = genloop("list", "--json")
    assert code == 0, err
    lines = {(line["kind"], line["name"]): line for line in json.loads(out)}
    assert lines["estimator", "wide-gaussian"] == {
        "kind": "estimator", "name": "wide-gaussian", "about": "A normal distribution that is too wide.",
        "place": "wide.parts:Wide", "distribution": "genloop-wide", "version": "2.1", "problem": None,
    }  # fmt: skip
    assert lines["source", "normal"]["distribution"] == "genloop"
    assert all(line["about"] for line in lines.values())
    code, out, _ = genloop("list")
    (row,) = [line for line in out.splitlines() if "wide-gaussian" in line]
    assert "genloop-wide 2.1" in row


def test_what_genloop_says_of_its_own_names_is_what_they_say_of_themselves(genloop):
    lines = json.loads(genloop("list", "--json")[1])
    for names in (catalog.POLICIES, catalog.ESTIMATORS, catalog.RECIPES):
        for name in names:
            (about,) = [line["about"] for line in lines if (line["kind"], line["name"]) == (names.kind, name)]
            assert about == names.load(name).__doc__.strip().split("\n")[0]


def test_a_broken_package_breaks_nothing_but_itself(genloop, tmp_path):
    folder = tmp_path / "site"
    (folder / "broken_package").mkdir(parents=True)
    (folder / "broken_package" / "__init__.py").write_text("print('hello')\n")
    (folder / "broken_package" / "parts.py").write_text("import not_there_at_all\n")
    with installed(folder, BROKEN, distribution="broken-package"):
        assert genloop("run", "gaussian", "--iterations", 1, "--set", "source.num_replicates=2")[0] == 0
        code, out, err = genloop("list", "--json")
        problems = {line["name"]: line["problem"] for line in json.loads(out) if line["problem"]}
        assert code == 0, err
        assert problems.keys() == {"broken", "loud"}
        assert "broken-package 1.0, which cannot be imported (ModuleNotFoundError" in problems["broken"]
        code, _, err = genloop("run", "gaussian", "--set", "metrics.0.type=broken")
        said = " ".join(err.split())
        assert (code, "'broken' is offered by broken-package 1.0, which cannot be imported" in said) == (2, True), err
        assert "Traceback" not in err


@pytest.mark.parametrize("name", ["gaussian", "mine"])
def test_a_name_that_two_packages_claim_is_refused_by_both(genloop, tmp_path, name):
    offers = {"genloop.estimators": {name: "genloop.families.linear:Ridge"}}
    with (
        installed(tmp_path / "a", offers, distribution="pack-a"),
        installed(tmp_path / "b", offers, distribution="pack-b"),
    ):
        first = "genloop 0.1.0 and pack-b 1.0" if name == "gaussian" else "pack-b 1.0 and pack-a 1.0"
        with pytest.raises(UserError, match=rf"estimator '{name}' is claimed by {first}.*Uninstall all but one"):
            catalog.ESTIMATORS.load(name)
        assert catalog.ESTIMATORS.load("kde").__name__ == "KDE"
        problems = [line["problem"] for line in json.loads(genloop("list", "--json")[1]) if line["name"] == name]
        assert all("Uninstall all but one" in str(problem) for problem in problems if problem)
        assert len([problem for problem in problems if problem]) == (3 if name == "gaussian" else 2)


def test_unknown_names_are_suggested_from_all_packages(plugin):
    with pytest.raises(UserError, match=r"'wide-gausian' is no estimator\. Did you mean 'wide-gaussian'"):
        catalog.ESTIMATORS.load("wide-gausian")


def test_a_file_cannot_name_a_module():
    for name in ("os:system", "genloop.families.linear:Ridge", "wide.parts:Wide"):
        with pytest.raises(UserError, match="is no estimator"):
            catalog.ESTIMATORS.load(name)


def test_a_plugin_enters_keys_with_its_name_package_and_version(plugin, monkeypatch):
    wide = import_module("wide.parts").Wide
    assert describe(wide(widening=2.0)) == {
        **describe(Gaussian()),
        "type": {
            "name": "wide-gaussian",
            "distribution": "genloop-wide",
            "version": 3,
            "bases": {"StatisticalEstimator": 1},
        },
        "version": 3,
        "widening": 2.0,
    }
    before = describe_class(wide)
    monkeypatch.setattr(wide, "help", import_module("wide.parts").recipe)
    assert describe_class(wide) == before  # its author raises the version
    monkeypatch.setattr(wide, "version", 4)
    assert describe_class(wide) != before


def test_a_plugin_whose_method_was_replaced_is_the_users_own(plugin, monkeypatch):
    wide = import_module("wide.parts").Wide
    monkeypatch.setattr(wide, "help", lambda self: 2)
    assert describe_class(wide)["module"] == "wide.parts"


def test_a_plugin_without_a_version_is_told_by_its_code(plugin):
    described = describe_class(import_module("wide.parts").Nameless)
    assert described["name"] == "Nameless"
    assert len(described["code"]) == 64


def test_without_metadata_or_source_tree_the_command_line_says_what_to_do(tmp_path):
    """A copy of the package alone, as on a server that somebody copied a folder to."""
    import shutil

    shutil.copytree(Path(catalog.__file__).parent, tmp_path / "genloop", ignore=shutil.ignore_patterns("__pycache__"))
    script = """
import importlib.metadata as metadata, sys
entry_points = metadata.entry_points
metadata.entry_points = lambda: entry_points().select(group="nothing")
sys.argv = ["genloop", "list"]
from genloop.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env={"PYTHONPATH": str(tmp_path)}, check=False
    )
    assert done.returncode == 2
    assert "was copied without being installed" in done.stderr
    assert "Traceback" not in done.stderr

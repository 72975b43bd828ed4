"""Keys of the user's own classes: whatever changes what a class does changes its key, and nothing else does."""

import subprocess
import sys
from array import array
from collections.abc import Callable
from dataclasses import dataclass, field, make_dataclass, replace
from importlib import import_module, invalidate_caches
from typing import Any, ClassVar

import own_model
import pytest

from genloop.data.known import Normal
from genloop.errors import UserError
from genloop.families.linear import LinearRegression
from genloop.families.statistical.gaussian import Gaussian
from genloop.identity import describe, describe_class, describe_component
from genloop.loop import plan_iterations
from genloop.metrics.statistical import Moments
from genloop.own_modules import module_name
from genloop.steps import Prepare

MODEL = '''
import functools
import re
from dataclasses import dataclass, field

import numpy as np

from mine import helpers
from mine.helpers import scaled as rescaled, Settings

OFFSET = 0.0
LEVELS = {"low": [1, 2], "high": [3, 4]}
GRID = np.arange(3.0)
PATTERN = re.compile("[a-z]+")
SETTINGS = Settings(rate=0.1)
NAMES = {"alpha", "beta", "gamma"}


class Base:
    def shift(self, values):
        return values + OFFSET


def traced(function):
    @functools.wraps(function)
    def wrapped(*args, **kwargs):
        return function(*args, **kwargs)

    return wrapped


def closing_over(number):
    def added(values):
        return values + number

    return added


plus = closing_over(1)


@dataclass(frozen=True)
class Own(Base):
    """Says what it is."""

    width: int = 3

    def fit_identity(self, num_examples):
        return {}

    def fit(self, train, power=2, *, floor=0.5):
        """Fit."""
        # A reason.
        return plus(rescaled(self.shift(train) ** power)) + floor + len(NAMES & {"alpha", "delta"})

    @traced
    def sample(self, num):
        from mine import late

        return late.drawn(num), LEVELS["low"], GRID, PATTERN, SETTINGS

    @property
    def status(self):
        return "fitted"

    @staticmethod
    def about():
        return helpers.nested()

    def unrelated(self):
        return helpers.__name__
'''
HELPERS = """
from dataclasses import dataclass


@dataclass(slots=True)
class Settings:
    rate: float = 0.2


def factor():
    return 2.0


def scaled(values):
    return factor() * values


def nested():
    return [inner() for _ in range(2)]


def inner():
    return 1


def unused():
    return 1
"""
LATE = """
def drawn(num):
    return num
"""
FILES = {"__init__.py": "", "model.py": MODEL, "helpers.py": HELPERS, "late.py": LATE}

Import = Callable[..., Any]


@pytest.fixture
def imported(tmp_path, monkeypatch) -> Import:
    """Return a function that imports the package `mine` anew, with one text of one of its files replaced."""
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    (tmp_path / "mine").mkdir()

    def again(file: str = "model.py", before: str = "", after: str = "") -> Any:
        assert before in FILES[file]
        for name in [name for name in sys.modules if name.partition(".")[0] == "mine"]:
            del sys.modules[name]
        for name, text in FILES.items():
            (tmp_path / "mine" / name).write_text(text.replace(before, after) if name == file else text)
        invalidate_caches()
        return import_module("mine.model").Own

    return again


CHANGES = {
    "a method": ("model.py", "** power", "** (power + 1)"),
    "a constant in a method": ("model.py", '"fitted"', '"diverged"'),
    "a static method": ("model.py", "helpers.nested()", "helpers.inner()"),
    "a default": ("model.py", "power=2", "power=3"),
    "a keyword's default": ("model.py", "floor=0.5", "floor=0.6"),
    "a base": ("model.py", "values + OFFSET", "values - OFFSET"),
    "a number of the module": ("model.py", "OFFSET = 0.0", "OFFSET = 1.0"),
    "a dictionary of the module": ("model.py", '"low": [1, 2]', '"low": [1, 9]'),
    "an array of the module": ("model.py", "np.arange(3.0)", "np.arange(3.0) + 1"),
    "a pattern of the module": ("model.py", "[a-z]+", "[a-z]*"),
    "an object of the module": ("model.py", "rate=0.1", "rate=0.3"),
    "a set of the module": ("model.py", '"alpha", "beta", "gamma"}', '"alpha", "beta", "delta"}'),
    "a function by another name": ("model.py", "scaled as rescaled", "factor as rescaled"),
    "a closure": ("model.py", "closing_over(1)", "closing_over(2)"),
    "a wrapper of its own": ("model.py", "return function(*args", "return 2 * function(*args"),
    "a function of a helper": ("helpers.py", "factor() * values", "factor() + values"),
    "a function that a helper calls": ("helpers.py", "return 2.0", "return 3.0"),
    "a function in a comprehension": ("helpers.py", "def inner():\n    return 1", "def inner():\n    return 2"),
    "a default of a class with slots": ("helpers.py", "rate: float = 0.2", "rate: float = 0.4"),
    "a module imported late": ("late.py", "return num", "return num + 1"),
}
NO_CHANGES = {
    "nothing": ("model.py", "", ""),
    "a comment": ("model.py", "# A reason.", "# Another reason, in more words."),
    "a docstring of a method": ("model.py", '"""Fit."""', '"""Fit anew, as follows."""'),
    "a docstring of the class": ("model.py", '"""Says what it is."""', '"""Says more."""'),
    "layout": ("model.py", "def fit(self, train, power=2,", "\n\n    def fit(\n        self, train, power = 2,"),
    "what it does not refer to": ("helpers.py", "def unused():\n    return 1", "def unused():\n    return 2"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_changes_a_class_changes_its_key(imported, change):
    assert describe_class(imported()) != describe_class(imported(*change))


@pytest.mark.parametrize("change", NO_CHANGES.values(), ids=NO_CHANGES)
def test_what_does_not_change_a_class_keeps_its_key(imported, change):
    assert describe_class(imported()) == describe_class(imported(*change))


def test_a_function_replaced_later_changes_the_key_and_back(imported, monkeypatch):
    own = imported()
    before = describe_class(own)
    original = own.fit
    monkeypatch.setattr(own, "fit", lambda self, train: original(self, train) + 1.0)
    assert describe_class(own) != before
    monkeypatch.undo()
    assert describe_class(own) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda mine: setattr(mine.helpers, "factor", lambda: 5.0),
        lambda mine: setattr(mine.helpers.scaled, "__code__", mine.helpers.nested.__code__),
        lambda mine: mine.model.LEVELS["low"].append(3),
        lambda mine: mine.model.NAMES.add("delta"),
        lambda mine: mine.model.GRID.__setitem__(0, 7.0),
        lambda mine: setattr(mine.model.SETTINGS, "rate", 0.7),
        lambda mine: setattr(mine.model.plus.__closure__[0], "cell_contents", 8),
        lambda mine: setattr(mine.model.Base, "extra", 1),
    ],
)
def test_what_changes_while_a_process_runs_is_seen(imported, change):
    own = imported()
    before = describe_class(own)
    assert describe_class(own) == before
    import_module("mine.late")
    change(sys.modules["mine"])
    assert describe_class(own) != before


def test_an_edited_file_counts_when_it_is_imported(imported, tmp_path):
    """Else the results of the old code, which still runs, would be kept as those of the new one."""
    own = imported()
    before = describe_class(own)
    (tmp_path / "mine" / "model.py").write_text(MODEL.replace("** power", "** (power + 1)"))
    assert describe_class(own) == before


def test_two_classes_of_one_name_have_keys_of_their_own(imported, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "__init__.py").touch()
    (tmp_path / "other" / "model.py").write_text(MODEL)
    described = [describe_class(imported()), describe_class(import_module("other.model").Own)]
    assert described[0] != described[1]
    assert [each["module"] for each in described] == ["mine.model", "other.model"]


def _factory(shift: float) -> type:
    @dataclass(frozen=True)
    class Shifted:
        def fit(self) -> float:
            return shift

    return Shifted


def test_classes_made_by_one_function_differ_in_what_they_were_made_with():
    assert describe_class(_factory(1.0)) == describe_class(_factory(1.0)) != describe_class(_factory(2.0))


SCRIPT = """
import json, sys
from dataclasses import dataclass
from genloop.identity import describe

@dataclass(frozen=True)
class Mine:
    names: tuple = ("a", "b")

    def fit(self):
        return len({"x", "y", "z"} & set(self.names)), {"p", "q"} == {"q"}, self.names in {("a", "b"), ("c",)}

def key():
    return json.dumps(describe(Mine()))

if __name__ == "__main__":
    print(key())
"""


@pytest.mark.parametrize("package", ["", "inner"])
def test_a_script_and_its_import_have_one_key_in_every_process(tmp_path, package):
    folder = tmp_path / package
    folder.mkdir(exist_ok=True)
    if package:
        (folder / "__init__.py").touch()
    (folder / "script.py").write_text(SCRIPT)
    module = f"{package}.script" if package else "script"

    def output(*arguments: str, seed: int) -> str:
        command = [sys.executable, *arguments]
        environment = {"PYTHONPATH": ":".join([str(tmp_path), *sys.path]), "PYTHONHASHSEED": str(seed)}
        return subprocess.run(command, capture_output=True, text=True, check=True, env=environment, cwd=tmp_path).stdout

    run = output(str(folder / "script.py"), seed=1)
    assert f'"module": "{module}"' in run
    assert run == output("-m", module, seed=2) == output("-c", f"import {module} as m; print(m.key())", seed=3)


def test_modules_keep_their_names():
    assert module_name("own_model") == "own_model"


NAMESPACE: dict[str, Any] = {"__name__": "__console__", "dataclass": dataclass}
exec("@dataclass(frozen=True)\nclass Typed:\n    def fit(self):\n        return 1\n", NAMESPACE)
exec("class Versioned:\n    version = 3\n    def fit(self):\n        return 1\n", NAMESPACE)
exec("class Heir(Versioned):\n    pass\n", NAMESPACE)


@pytest.mark.parametrize("kind", [NAMESPACE["Typed"], NAMESPACE["Heir"], array])
def test_a_class_without_source_is_refused_in_one_sentence(kind):
    with pytest.raises(UserError, match=rf"source of {kind.__name__} cannot be read.*Define it in a file.*version = 1"):
        describe_class(kind)


def test_a_class_without_functions_of_its_own_needs_no_source():
    kinds = [make_dataclass("Made", [("x", int, default)], frozen=True) for default in (1, 1, 2)]
    assert describe_class(kinds[0]) == describe_class(kinds[1]) != describe_class(kinds[2])


def test_a_class_without_source_is_told_by_its_version():
    kind = NAMESPACE["Versioned"]
    assert describe_class(kind) == {"module": "__console__", "name": "Versioned", "version": 3, "bases": {}}


@pytest.mark.parametrize("kind", [Gaussian, LinearRegression, Normal, Moments])
def test_shipped_classes_are_told_by_name(kind):
    assert describe_class(kind) == kind.__name__
    assert describe_component(kind(), {"a": 1}) == {"a": 1}


def test_a_shipped_class_with_a_function_of_the_users_own_is_the_users_own(monkeypatch):
    monkeypatch.setattr(Gaussian, "fit", lambda self, train, *, seed, context: None)
    assert describe_class(Gaussian)["name"] == "Gaussian"
    assert describe_class(Moments) == "Moments"
    monkeypatch.undo()
    assert describe_class(Gaussian) == "Gaussian"


@dataclass(frozen=True)
class Heir(Gaussian):
    """A shipped family under another name."""


def test_the_version_of_a_shipped_base_counts(monkeypatch):
    before = describe_class(Heir)
    monkeypatch.setattr(Gaussian, "version", 99, raising=False)
    assert describe_class(Heir) != before


@dataclass(frozen=True)
class SaysNothing(own_model.LogNormal):
    """Identities that would let it share all results."""

    def fit_identity(self, num_examples: int) -> Any:
        return {}

    def sample_identity(self) -> Any:
        return {}


@dataclass(frozen=True)
class SaysNothingEither(SaysNothing):
    """Another class with the same identities."""


@dataclass(frozen=True)
class NamelessIncomes(own_model.Incomes):
    """A source that says nothing of itself."""

    def identity(self) -> Any:
        return {}


def test_equal_identities_of_different_classes_are_different_keys():
    models = [next(_rounds(kind())).model for kind in (SaysNothing, SaysNothingEither)]
    assert models[0].inputs["estimator"] != models[1].inputs["estimator"]
    assert models[0].key != models[1].key
    assert Prepare(own_model.Incomes()).key != Prepare(NamelessIncomes()).key


def _rounds(estimator: Any) -> Any:
    return iter(plan_iterations(replace(own_model.EXPERIMENT, estimator=estimator), 50))


@dataclass(frozen=True)
class Rule:
    """Part of an estimator."""

    rate: float = 0.1

    def step(self) -> float:
        return self.rate


@dataclass(frozen=True)
class Ruled:
    """An estimator with an own part."""

    version: ClassVar[int] = 1

    rule: Rule = field(default_factory=Rule)


def test_a_part_that_changes_changes_the_description(monkeypatch):
    before = describe(Ruled())
    monkeypatch.setattr(Rule, "step", lambda self: 2 * self.rate)
    assert describe(Ruled())["rule"]["type"] != before["rule"]["type"]


UNWRITABLE = {"lambda": lambda x: x, "len": len, "int": int, "method": Rule().step, "set": {1, 2}, "object": object()}


@pytest.mark.parametrize("value", UNWRITABLE.values(), ids=UNWRITABLE)
def test_what_cannot_be_written_down_is_refused_by_name(value):
    with pytest.raises(UserError, match=r"Ruled\.rule is .*cannot be part of a key\. Use numbers"):
        describe(Ruled(rule=value))

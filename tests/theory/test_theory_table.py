"""The table of results: every one is simulated or says that it cannot be, and a wrong one fails."""

import inspect
from dataclasses import replace

import pytest

from genloop.paper import check_regression, check_statistics, check_tails, theory_table
from genloop.paper.theory_table import judge, reproduce_theory
from genloop.study.measurement import Measurement
from genloop.study.request import Request
from genloop.theory.curves import RESULTS

CONDITIONS = {"stable-retraining", "bias-bound"}


def test_every_result_but_the_conditions_has_one_simulation():
    names = [
        name.replace("_", "-")
        for module in (check_regression, check_statistics, check_tails)
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__ and not name.startswith("_")
    ]
    assert sorted(names) == sorted(RESULTS.keys() - CONDITIONS)


@pytest.mark.parametrize(
    "name", ["accumulated-parameters", "accumulate", "best-fresh-weight", "narrowed-replace", "survival-replace"]
)
def test_a_result_holds(name):
    claim = judge(RESULTS[name])
    assert claim.holds
    assert claim.standard_error is not None
    assert claim.standard_error > 0 or name == "accumulated-parameters"


@pytest.mark.parametrize("name", sorted(CONDITIONS))
def test_a_condition_is_not_judged(name):
    claim = judge(RESULTS[name])
    assert "condition only, not simulated" in claim.text
    assert (claim.expected, claim.measured, claim.holds) == (None, None, None)


def test_a_wrong_result_fails(monkeypatch):
    right = theory_table.simulate("narrowed-replace")
    monkeypatch.setattr(theory_table, "simulate", lambda name: replace(right, expected=1.05 * right.expected))
    assert judge(RESULTS["narrowed-replace"]).holds is False


def test_the_table_fails_if_one_result_does(monkeypatch, tmp_path):
    found = {name: Measurement("", 1.0, 1.0, 0.1) for name in RESULTS}
    monkeypatch.setattr(theory_table, "simulate", found.__getitem__)
    assert reproduce_theory(Request(out_dir=tmp_path)).holds
    found["accumulate"] = Measurement("", 1.0, 2.0, 0.1)
    table = reproduce_theory(Request(out_dir=tmp_path))
    assert not table.holds
    assert len(table.claims) == len(RESULTS)
    page = (tmp_path / "theory.md").read_text()
    assert "| 1 | 2.00 ± 0.10 | FAILS |" in page
    assert page.count("not judged") == len(CONDITIONS)

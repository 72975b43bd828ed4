"""`genloop predict`: the paper's numbers before a model is trained, as tables, JSON and figures."""

import json
import math

import pytest

from genloop.errors import UserError
from genloop.policies import Accumulate
from genloop.report.predictions import predict


def _ratios(out: str) -> dict[tuple[str, int], float]:
    return {(row["policy"], row["iteration"]): row["error_ratio"] for row in json.loads(out)["rows"]}


def test_json_holds_the_published_values_at_iteration_10(genloop):
    policies = ("replace", "accumulate", "replace-multiple", "augment", "window(3)")
    arguments = [argument for policy in policies for argument in ("--policy", policy)]
    code, out, _ = genloop("predict", *arguments, "--iterations", 10, "--json")
    assert code == 0
    ratios = _ratios(out)
    assert ratios["replace", 10] == pytest.approx(10)
    assert ratios["accumulate", 10] == pytest.approx(sum(1 / i**2 for i in range(1, 11)))
    assert ratios["replace-multiple", 10] == pytest.approx(sum(1 / i for i in range(1, 11)))
    assert ratios["augment", 10] == pytest.approx(4 / 3, abs=1e-5)
    growth = {entry["policy"]: entry for entry in json.loads(out)["policies"]}
    assert growth["accumulate"]["limit"] == pytest.approx(math.pi**2 / 6, rel=1e-4)
    laws = ["linear", "bounded", "logarithmic", "bounded", "linear"]
    assert [growth[policy]["growth"] for policy in policies] == laws


def test_window_grows_by_a_quarter_per_iteration(genloop):
    ratios = _ratios(genloop("predict", "-p", "window(3)", "-n", 100, "--json")[1])
    assert (ratios["window(3)", 100] - ratios["window(3)", 40]) / 60 == pytest.approx(0.25, abs=1e-3)


def test_table_and_figure(genloop, tmp_path):
    code, out, _ = genloop("predict", "-p", "accumulate", "-n", 100, "--figure", tmp_path / "curve.png")
    assert code == 0
    assert "bounded: tends to 1.645" in out
    assert (tmp_path / "curve.png").stat().st_size > 10_000


def test_least_real_share_solves_the_bound(genloop):
    solve = ("--solve", "real", "--max-increase", 0.1, "--iterations", 20)
    code, out, _ = genloop("predict", "--policy", "mix", *solve, "--json")
    real = json.loads(out)[0]["real"]
    assert code == 0
    for share, is_enough in ((real, True), (real - 0.001, False)):
        ratios = _ratios(genloop("predict", "-p", f"mix(real={share})", "-n", 20, "--json")[1])
        assert (list(ratios.values())[-1] <= 1.1) == is_enough


def test_sentence_where_no_share_is_enough(genloop):
    code, out, _ = genloop("predict", "-p", "mix", "--solve", "real", "--max-increase", 0.001, "-n", 20)
    assert code == 0
    assert "no real share" in out


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-p", "acumulate"), "Did you mean 'accumulate'"),
        (("-p", "replace", "-n", "0"), "Ask for 1 to 1,000"),
        (("-p", "replace", "-n", "100000"), "Ask for 1 to 1,000"),
        (("-p", "replace", "--solve", "real"), "Solve for real, in mix or fresh"),
        (("-p", "mix", "--solve", "size"), "Solve for real"),
        (("-p", "mix", "--solve", "real", "--max-increase", "-1"), "allows no increase"),
        (("-p", "accumulate", "--examples", "0"), "T, the number of examples, is 0. Give at least 1"),
        (("-p", "accumulate", "--examples", "-5"), "T, the number of examples, is -5"),
        (("-p", "accumulate", "--examples", "50", "--dimension", "0"), "d, the dimension, is 0"),
        (("-p", "accumulate", "--dimension", "5"), "--examples T"),
        (("-p", "accumulate", "--dimension", "5", "--examples", "4"), "the expected error is infinite"),
        (("-p", "schedule([1], [1, 1])", "-n", "3"), "has 2 rows"),
    ],
)
def test_bad_input_is_one_sentence(genloop, arguments, sentence):
    code, out, err = genloop("predict", *arguments)
    assert (code, out) == (2, "")
    assert sentence in " ".join(err.split())


@pytest.mark.parametrize(
    ("sizes", "sentence"),
    [
        ({"num_examples": 0}, "T, the number of examples, is 0"),
        ({"num_examples": -5, "dimension": 2}, "T, the number of examples, is -5"),
        ({"num_examples": 100, "dimension": 0}, "d, the dimension, is 0"),
    ],
)
def test_no_examples_and_no_dimension_are_refused_in_python_too(sizes, sentence):
    with pytest.raises(UserError, match=sentence):
        predict(Accumulate(), 5, **sizes)

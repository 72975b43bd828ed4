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
    for share, is_enough in ((real, True), (real - 1e-5, False)):
        ratios = _ratios(genloop("predict", "-p", f"mix(real={share})", "-n", 20, "--json")[1])
        assert (list(ratios.values())[-1] <= 1.1) == is_enough


def test_shares_near_one_are_found_too(genloop):
    """The limit of mix is 1 + 2 (1 - a) to first order in what is synthetic: 0.0005 of it for an increase of 0.001."""
    code, out, _ = genloop("predict", "-p", "mix", "--solve", "real", "--max-increase", 0.001, "-n", 20, "--json")
    assert code == 0
    assert json.loads(out)[0]["real"] == pytest.approx(0.9995, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-p", "acumulate"), "Did you mean 'accumulate'"),
        (("-p", "replace", "-n", "0"), "Ask for 1 to 5,000"),
        (("-p", "replace", "-n", "100000"), "Ask for 1 to 5,000"),
        (("-p", "replace", "-n", "99999999999999999999999"), "Ask for 1 to 5,000"),
        (("-p", "replace", "--solve", "real"), "'replace' has no parameter 'real' to solve for"),
        (("-p", "mix", "--solve", "size"), "'mix' has no parameter 'size' to solve for"),
        (("-p", "schedule([1])", "--solve", "real"), "has no parameter 'real'"),
        (("-p", "mix(real=0.1)", "--solve", "real"), "gives real, which is to be solved for"),
        (("-p", "mix(0.1)", "--solve", "real"), "to be solved for"),
        (("-p", "fresh", "--solve", "weight"), "lacks 'real'"),
        (("-p", "mix", "--solve", "real", "--max-increase", "-1"), "allows no increase"),
        (("-p", "mix", "--solve", "real", "--max-increase", "inf"), "allows no increase, or any"),
        (("-p", "mix", "--solve", "real", "-n", "1001"), "at most 1,000 --iterations"),
        (("-p", "mix", "--solve", "real", "--examples", "50"), "--examples would do nothing with --solve"),
        (("-p", "mix", "--solve", "real", "--dimension", "5"), "--dimension would do nothing with --solve"),
        (("-p", "mix", "--solve", "real", "--figure", "a.png"), "--figure would do nothing with --solve"),
        (("-p", "mix", "--solve", "real", "--metric", "variance"), "--metric would do nothing with --solve"),
        (("-p", "replace", "--max-increase", "0.2"), "--max-increase would do nothing"),
        (("-p", "replace", "--narrowing", "0.5"), "--narrowing would do nothing with --metric error"),
        (("-p", "replace", "--metric", "variance", "--dimension", "5"), "--dimension would do nothing"),
        (("-p", "replace", "--metric", "variance", "--narrowing", "-1"), "Give a number from 0 on"),
        (("-p", "replace", "--metric", "variance", "--unbiased", "--examples", "1"), "Give 2 or more"),
        (("-p", "mix(real=1e-320)"), "the real share must lie between 0 and 1"),
        (("-p", "mix(real=0.001)", "--examples", "100"), "takes 0.1 examples of source 0, which round to none"),
        (("-p", "schedule([1], {0: 1e-320})"), "too small to be told from none"),
        (("-p", "schedule([1], {0: {amount: 1, weight: 1e-320}})"), "weight is beyond"),
        (("-p", "schedule(&a [1, *a])"), "cannot be read"),
        (("-p", f"schedule({'[' * 900})"), "cannot be read"),
        (("-p", "mix(real=2024-02-30)"), "cannot be read"),
        (("-p", "schedule([1], {3: 1})", "-n", "2"), "schedule({0: 1}, {3: 1}): iteration 2 asks for source 3"),
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


def _laws(out: str) -> dict[str, dict]:
    return {entry["policy"]: entry for entry in json.loads(out)["policies"]}


def test_laws_do_not_depend_on_how_long_a_curve_is(genloop):
    """Those of a window that the real data have not left yet, and of shares whose loop is far from its end."""
    policies = ("window(500)", "window(30)", "mix(real=0.001)", "mix(real=0.003)", "fresh(real=0.0005)")
    arguments = [argument for policy in policies for argument in ("-p", policy)]
    for length in (1, 20, 300):
        laws = _laws(genloop("predict", *arguments, "-n", length, "--json")[1])
        assert [laws[policy]["growth"] for policy in policies] == ["linear", "linear", *["bounded"] * 3]
        assert laws["window(500)"]["slope"] == pytest.approx(4 / 501**2)
        assert laws["window(30)"]["slope"] == pytest.approx(4 / 31**2)
        for real, policy in ((0.001, policies[2]), (0.003, policies[3])):
            assert laws[policy]["limit"] == pytest.approx(1 / real + (1 - real) / (real * (2 - real)), rel=1e-6)
        assert laws[policies[4]]["limit"] == pytest.approx(1 / (0.0005 * 1.9995), rel=1e-6)


def test_a_schedule_says_that_its_rows_have_to_go_on(genloop):
    rows = ", ".join(f"{{{n}: 1}}, {{{n}: 1}}" for n in (0, 2, 4, 6, 8))
    _, out, _ = genloop("predict", "-p", f"schedule({rows})", "-n", 10)
    assert "linear: grows like 0.5 n, if it goes on as in iterations 3 to 10" in " ".join(out.replace("│", " ").split())
    _, out, _ = genloop("predict", "-p", "schedule([1], [1, 1], [0, 0, 2])", "-n", 3, "--json")
    assert _laws(out)["schedule({0: 1}, {0: 1, 1: 1}, {2: 2})"]["growth"] == "unsettled"


def test_rows_without_weight_are_no_data(genloop):
    """Six rows count in iteration 2, too few for ten parameters; with 0.8 T there are 16, and the error adds up."""
    rows = "schedule([1], {0: {amount: 1, weight: 0}, 1: %s}, [0, 0, 1])"
    code, _, err = genloop("predict", "-p", rows % 0.3, "-n", 3, "--examples", 20, "--dimension", 10)
    assert code == 2
    assert "Iteration 2 fits 10 parameters to 6 examples" in " ".join(err.split())
    _, out, _ = genloop("predict", "-p", rows % 0.8, "-n", 3, "--examples", 20, "--dimension", 10, "--json")
    unit = 10 / (20 - 11)
    assert list(_ratios(out).values()) == pytest.approx([1, 1 + 10 / (16 - 11) / unit, 2 + 10 / (16 - 11) / unit])


def test_one_policy_written_twice_is_one_column(genloop):
    _, out, _ = genloop("predict", "-p", "mix(0.1)", "-p", "mix(real=0.10)", "-p", "replace", "--json")
    assert [entry["policy"] for entry in json.loads(out)["policies"]] == ["mix(real=0.1)", "replace"]


@pytest.mark.parametrize(
    ("policy", "parameter", "increase", "sentence"),
    [
        ("mix", "real", 0.0001, "a real share of 0.9999"),
        ("fresh", "real", 1000, "every real share, from 1e-09 on, keeps the error within 100,000%"),
        ("fresh(real=0.5)", "weight", 0.3, "a weight of 0.5211 to 0.7242 keeps the error within 30% of iteration 1"),
        ("fresh(real=0.5)", "weight", 0.1, "no weight keeps the error within 10%"),
        ("augment", "synthetic", 0.1, "a synthetic amount of 0.1249 or less"),
        ("window", "size", 0.7, "a size of 9 or more"),
        ("accumulate", "real", 0.1, "a real amount of 0.1102 or more"),
    ],
)
def test_every_parameter_can_be_solved_for(genloop, policy, parameter, increase, sentence):
    code, out, _ = genloop("predict", "-p", policy, "--solve", parameter, "--max-increase", increase, "-n", 10)
    assert code == 0
    assert sentence in " ".join(out.split())


def test_the_best_weight_of_new_real_data_is_the_golden_ratio(genloop):
    out = genloop("predict", "-p", "fresh(real=0.5)", "--solve", "weight", "--max-increase", 0.3, "-n", 60, "--json")[1]
    (answer,) = json.loads(out)
    assert answer["best"] == pytest.approx((5**0.5 - 1) / 2, abs=1e-3)
    assert answer["best_error_ratio"] == pytest.approx(5**0.5 - 1, rel=1e-6)


def test_variances_have_the_published_values(genloop):
    """Replace, n = 20: (1 - 1/n)^t; tau = 0.5 without end: tau^(t-1); unbiased: 1."""
    variance = ("predict", "-p", "replace", "--metric", "variance", "--json", "-n", 6)
    for options, expected in (
        (("--examples", 20), [(1 - 1 / 20) ** t for t in range(1, 7)]),
        (("--narrowing", 0.5), [0.5 ** (t - 1) for t in range(1, 7)]),
        (("--bandwidth", 0.5), [1 + 0.25 * (t - 1) for t in range(1, 7)]),
        (("--examples", 20, "--unbiased"), [1.0] * 6),
    ):
        rows = json.loads(genloop(*variance, *options)[1])["rows"]
        assert [row["variance"] for row in rows] == pytest.approx(expected)
    _, out, _ = genloop("predict", "-p", "replace", "--metric", "mean-error", "--unbiased", "--examples", 20, "--json")
    assert [row["mean_error"] for row in json.loads(out)["rows"]] == pytest.approx([t / 20 for t in range(1, 11)])


def test_what_leaves_the_range_of_numbers_is_no_infinity_in_json(genloop):
    """Samples ten times as wide as their model: the variance is 10^(t-1), beyond 1e308 at iteration 310."""
    variance = ("predict", "-p", "replace", "--metric", "variance", "--narrowing", 10, "-n", 320)
    rows = json.loads(genloop(*variance, "--json")[1], parse_constant=pytest.fail)["rows"]
    assert rows[100]["variance"] == pytest.approx(1e100)
    assert rows[-1]["variance"] is None
    assert "too large" in genloop(*variance)[1]


def test_five_thousand_iterations_can_be_predicted(genloop):
    code, out, _ = genloop("predict", "-p", "window(3)", "-n", 5000, "--json")
    ratios = _ratios(out)
    assert code == 0
    assert (ratios["window(3)", 5000] - ratios["window(3)", 1000]) / 4000 == pytest.approx(0.25, rel=1e-9)

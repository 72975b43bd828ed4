"""`genloop forecast` and `genloop check` on small runs, as a user calls them: tables, JSON, figures, exit codes."""

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from genloop.policies import AccumulateSubsample, Mix, Replace
from genloop.recipes.linear import linear as recipe
from genloop.recipes.statistical import gaussian as recipe_of_gaussian
from genloop.runs.record import Run
from genloop.runs.runner import run

EXPERIMENT = replace(recipe(), source=replace(recipe().source, num_replicates=50))


@pytest.fixture(scope="module")
def linear(tmp_path_factory):
    """Return the folder of a run of ten iterations."""
    return run(EXPERIMENT, tmp_path_factory.mktemp("linear")).directory


def test_forecast_says_law_value_interval_and_mechanism(genloop, linear):
    code, out, _ = genloop("forecast", linear, "--to", 14, "--figure", "ahead.svg")
    assert code == 0
    assert "10 measured" in out
    assert "nothing real is left in the training set" in out
    assert "squared error by iteration 14" in out
    assert "replace" in Path("ahead.svg").read_text()


def test_forecast_says_what_the_policy_is_known_to_do(genloop, tmp_path):
    """Two per cent of every fit are real, so that no forecast may say that nothing real is left, or grow for ever."""
    policies = (Mix(0.1), AccumulateSubsample())
    found = run(replace(EXPERIMENT, policies=policies, num_iterations=8), tmp_path / "mixed")
    _, out, _ = genloop("forecast", found.directory, "--to", 12)
    said = " ".join(out.split())
    assert "10 % or more of each fit so far is real, and by theory errors of averages are bounded" in said
    assert "nothing real is left" not in said
    known = {
        each["policy"]: each["known"]
        for each in json.loads(genloop("forecast", found.directory, "--json")[1])["policies"]
    }
    assert known["accumulate-subsample"].startswith("12.5 % or more")


def test_a_variance_is_never_forecast_below_zero_nor_a_mean_error_to_grow_for_ever(genloop, tmp_path):
    """Replace, n = 30: V = (29/30)^t and 1 - V; both are forecast to within a fifth of the real variance."""
    gaussian = recipe_of_gaussian()
    gaussian = replace(gaussian, num_samples=30, num_iterations=10, policies=(Replace(),), seeds=(0,))
    found = run(gaussian, tmp_path / "gaussian")
    for metric, truth in (("variance_ratio", (29 / 30) ** 60), ("mean_error", 1 - (29 / 30) ** 60)):
        out = genloop("forecast", found.directory, "--to", 60, "--metric", metric, "--json")[1]
        end = json.loads(out)["rows"][-1]
        assert end["low"] >= 0
        assert end["value"] == pytest.approx(truth, abs=0.2)


def test_forecast_as_json_is_one_document(genloop, linear):
    code, out, _ = genloop("forecast", linear, "--to", 12, "-p", "replace", "--metric", "parameter_error", "--json")
    assert code == 0
    found = json.loads(out)
    (policy,) = found["policies"]
    assert (policy["policy"], policy["metric"], policy["growth"]) == ("replace", "parameter_error", "linear")
    assert sum(policy["weights"].values()) == pytest.approx(1)
    assert [row["iteration"] for row in found["rows"]] == [11, 12]
    assert all(row["low"] < row["value"] < row["high"] for row in found["rows"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--metric", "test_los"), "Did you mean 'test_loss'"),
        (("-p", "replac"), "Did you mean 'replace'"),
        (("-p", "window(3)"), "Available: accumulate, replace"),
        (("--to", 10), "Ask for one between 11 and 300"),
        (("--figure", "ahead.gif"), "ends in .pdf, .svg or .png"),
    ],
)
def test_bad_input_of_a_forecast_is_one_sentence(genloop, linear, arguments, message):
    code, _, messages = genloop("forecast", linear, *arguments)
    assert code == 2
    assert message in messages


def test_too_few_iterations_say_how_many_are_needed(genloop, tmp_path):
    run(replace(EXPERIMENT, num_iterations=3), tmp_path / "short")
    code, _, messages = genloop("forecast", "short")
    assert code == 2
    assert "4 iterations are needed" in messages
    assert genloop("forecast", "nowhere")[0] == 2


@pytest.fixture
def unsteady(linear, tmp_path):
    """Return a copy of the run: replace has no loss from iteration 4 on, and no policy an error at iteration 1."""
    folder = Path(shutil.copytree(linear, tmp_path / "unsteady"))
    found = Run(folder)
    for item in found.record.iterations:
        lost = {"parameter_error"} if item.iteration == 1 else set()
        lost |= {"test_loss"} if item.policy == "replace" and item.iteration > 3 else set()
        for key in item.scores if lost else ():
            manifest = found.store.peek(key)
            values = {name: None if name in lost else value for name, value in manifest.facts["values"].items()}
            found.store.discard(key)
            found.store.create(key, manifest.inputs, lambda *_, facts=manifest.facts | {"values": values}: facts)
    return folder


def test_policies_that_cannot_be_forecast_are_left_out_aloud(genloop, unsteady):
    """One that was asked for by name is refused, and so is a change from an iteration 1 that is not finite."""
    replaced = "replace (only 3 of the 4 finite values of test_loss"
    code, out, _ = genloop("forecast", unsteady, "--to", 12)
    assert (code, f"Left out: {replaced}" in out) == (0, True), out
    assert "accumulate: " in out
    found = json.loads(genloop("forecast", unsteady, "--json")[1])
    assert [each["policy"] for each in found["policies"]] == ["accumulate"]
    assert [each["policy"] for each in found["left_out"]] == ["replace"]
    assert "Left out" not in genloop("forecast", unsteady, "-p", "accumulate")[1]

    code, out, messages = genloop("forecast", unsteady, "-p", "replace", "-p", "accumulate")
    assert (code, out, f"no forecast of {replaced}" in messages, "; accumulate" in messages) == (2, "", True, False)
    code, out, messages = genloop("forecast", unsteady, "--metric", "parameter_error")
    assert (code, out) == (2, "")
    assert "replace, accumulate (no finite parameter_error at iteration 1" in messages


def test_check_passes_or_shows_the_rows_that_fail(genloop, linear):
    assert genloop("check", linear, "--max-increase", 20)[:2] == (0, "All 18 values pass.\n")
    code, out, _ = genloop("check", linear, "--max-increase", 0.7, "--metric", "loss")
    assert code == 1
    assert "replace" in out
    assert "│ accumulate" not in out  # its bound is pi^2 / 6, below 1.7
    assert genloop("check", linear, "-p", "accumulate", "--max-increase", 0.7)[0] == 0
    assert genloop("check", linear, "-p", "accumulate", "--max-rise", 0.001)[0] == 1


def test_the_mean_over_seeds_decides(genloop, tmp_path):
    found = run(replace(EXPERIMENT, seeds=(0, 1), num_iterations=2), tmp_path / "seeds")
    code, out, _ = genloop("check", "seeds", "--max-rise", 0, "-p", "replace", "--json")
    (row,) = json.loads(out)["rows"]
    values = {
        (row.seed, row.iteration): row.value
        for row in found.rows()
        if (row.metric, row.policy) == ("test_loss", "replace")
    }
    rises = [values[seed, 2] - values[seed, 1] for seed in (0, 1)]
    assert code == 1
    assert row["value"] == pytest.approx((values[0, 2] + values[1, 2]) / 2)
    assert row["margin"] == pytest.approx(6.3138 * abs(rises[0] - rises[1]) / 2, rel=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((), "nothing to check"),
        (("--max-increase", 0.1, "--metric", "los"), "Did you mean"),
        (("--max-increase", -0.1), "allows less than no change"),
        (("--min-diversity", 90), "no share to keep"),
        (("--min-diversity", 0.9), "has measured none"),
        (("--max-increase", 0.1, "-p", "augment"), "no policy of this run"),
    ],
)
def test_bad_input_of_a_check_is_one_sentence(genloop, linear, arguments, message):
    code, _, messages = genloop("check", linear, *arguments)
    assert code == 2
    assert message in messages


def test_what_is_not_finished_does_not_pass(genloop, tmp_path):
    found = run(replace(EXPERIMENT, num_iterations=2), tmp_path / "broken")
    shutil.rmtree(found.store.path(found.record.iterations[-1].scores[0]))
    code, _, messages = genloop("check", "broken", "--max-increase", 20)
    assert code == 2
    assert "is not finished" in messages
    run(replace(EXPERIMENT, num_iterations=1), tmp_path / "short")
    assert "one iteration" in genloop("check", "short", "--max-increase", 20)[2]

"""Another estimator for the last model: what it fits, against a closed form, and that it is compared with no other."""

import csv
import json
from dataclasses import replace

import numpy as np
import pytest
from toys import Normal, NormalLoss
from toys import experiment as toy

from genloop.analysis.arms import arms_of
from genloop.analysis.checks import Limits, check
from genloop.analysis.outcome import outcomes
from genloop.analysis.predicted import predicted
from genloop.data.regression.source import Regression
from genloop.data.text.grammar import StoryGrammar
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import prepare
from genloop.experiment import Experiment
from genloop.experiment_file import complete, from_dict, read, set_value, to_dict
from genloop.families.linear import LinearRegression, Ridge
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.ngram import NGram
from genloop.loop import plan_iterations, unroll
from genloop.metrics.regression import ParameterError, TestError
from genloop.metrics.text import TestLoss
from genloop.plan import make_plan
from genloop.policies import Accumulate, Replace
from genloop.recipes.linear import linear
from genloop.report.answer import answer, final_answer
from genloop.report.exports.export import export
from genloop.report.exports.model_card import estimator_of
from genloop.report.html.metric_curves import metric_curves
from genloop.report.html.page import page
from genloop.report.tables import plan_table, results_table, rows_json
from genloop.runs.citing import citations_of
from genloop.runs.other_estimators import other_estimators
from genloop.runs.runner import run

PENALTY, DIMENSION, ROWS = 20.0, 3, 12


@pytest.fixture(scope="module")
def ridge_last(tmp_path_factory):
    """Two iterations of least squares on data of the one before, and ridge on those of the second."""
    experiment = replace(
        linear(), source=Regression(dimension=DIMENSION, num_train=ROWS, num_replicates=3000), num_iterations=3,
        final_estimator=Ridge(PENALTY), metrics=(TestError(), ParameterError()),
    )  # fmt: skip
    return experiment, run(experiment, tmp_path_factory.mktemp("ridge-last"))


def rows_of(finished, policy, metric):
    return [row for row in finished.rows() if (row.policy, row.metric) == (policy, metric)]


def test_ridge_at_the_end_has_the_error_of_its_closed_form(ridge_last):
    """With P = (S + lambda)^-1 and S = X'X, |w - w*|^2 is lambda^2 |P w*|^2 + 3 sigma^2 tr(P S P) on average, given X.

    Noise of three fits reaches the last model, each through P S S^-1 = P.
    """
    experiment, finished = ridge_last
    data = experiment.source.open(finished.store.path(finished.record.source)).prepared("train")
    gram = data.statistics().gram  # (R, d, d)
    inverse = np.linalg.inv(gram + PENALTY * np.eye(DIMENSION))
    shrunk = np.einsum("rij,j->ri", inverse, data.shard.teacher.array[0])
    noise = np.trace(inverse @ gram @ inverse, axis1=1, axis2=2)
    expected = np.mean(PENALTY**2 * (shrunk**2).sum(axis=1) + 3 * experiment.source.noise_deviation**2 * noise)
    last = rows_of(finished, "replace", "parameter_error")[-1]
    assert abs(last.value - expected) < 4 * last.standard_error
    assert last.estimator == "ridge"


def test_only_the_last_fit_has_another_key():
    usual = replace(linear(), num_iterations=4)
    other = replace(usual, final_estimator=Ridge())
    before, after = (list(unroll(each, Accumulate(), 0, 100)) for each in (usual, other))
    assert [a.model.key == b.model.key for a, b in zip(before, after, strict=True)] == [True, True, True, False]
    assert [item.model.estimator for item in after] == [LinearRegression()] * 3 + [Ridge()]


def test_more_iterations_go_on_from_the_usual_estimator():
    shorter = replace(linear(), num_iterations=3, final_estimator=Ridge())
    longer = replace(shorter, num_iterations=5)
    keys = [[item.model.key for item in unroll(each, Replace(), 0, 100)] for each in (shorter, longer)]
    assert keys[0][:2] == keys[1][:2]
    assert keys[0][2] not in keys[1]


def test_both_ends_may_differ():
    loop = toy(num_iterations=3, first_estimator=Normal(shift=2.0), final_estimator=Normal(shift=1.0))
    assert [item.model.estimator.shift for item in unroll(loop, Replace(), 0, 20)] == [2.0, 0.0, 1.0]


def test_the_last_model_is_shown_and_compared_with_no_other(ridge_last):
    _, finished = ridge_last
    found = outcomes(finished)
    assert [outcome.last_iteration for outcome in found] == [2, 2]
    assert "after 2 iterations" in answer(found)
    last = rows_of(finished, "replace", "test_loss")[-1]
    told = final_answer(finished, "test_loss")
    assert told.startswith(f"The last model, of iteration 3, is of ridge and measured replace {last.value:.3g}"[:-1])
    assert told.endswith("It is compared with no other.")
    assert [each.iteration for each in check(finished, Limits(max_increase=9.0))] == [2, 2]
    assert finished.final_note == "Iteration 3 is of ridge and left out."


def test_commands_say_that_it_is_left_out(ridge_last, genloop):
    directory = ridge_last[1].directory
    code, out, _ = genloop("check", directory, "--max-increase", 9)
    assert (code, "Iteration 3 is of ridge and left out." in out) == (0, True)
    document = json.loads(genloop("check", directory, "--max-increase", 9, "--json")[1])
    assert document["note"] == "Iteration 3 is of ridge and left out."
    assert {row["iteration"] for row in document["rows"]} == {2}
    _, out, _ = genloop("show", directory, "--csv")
    lines = list(csv.DictReader(out.splitlines()))
    assert {(line["iteration"], line["estimator"]) for line in lines} == {("1", ""), ("2", ""), ("3", "ridge")}
    code, _, err = genloop("show", directory, "--csv", "--quantiles")
    assert (code, err) == (2, "Error: --csv and --quantiles are different things to show. Give one of them.\n")


def test_tables_mark_the_last_model(ridge_last):
    _, finished = ridge_last
    table = results_table(finished, width=150)
    numbers, losses, changes = (list(table.columns[place].cells) for place in (1, 3, 4))
    assert numbers[:3] == ["1", "2", "3 (ridge)"]
    assert losses[2].startswith(f"{rows_of(finished, 'replace', 'test_loss')[-1].value:.3f}")
    assert changes[2] == "-"
    rows = rows_json(finished)["rows"]
    assert {(row["iteration"], row.get("estimator")) for row in rows} == {(1, None), (2, None), (3, "ridge")}


def test_the_page_draws_the_last_model_apart(ridge_last):
    _, finished = ridge_last
    assert [len(curve) for curve in predicted(finished, "test_loss").values()] == [2, 2]
    (first, *_) = metric_curves(arms_of([finished]))
    assert [(list(curve.points), list(curve.final), curve.final_estimator) for curve in first.curves] == [
        ([1, 2], [3], "ridge")
    ] * 2
    text = page([finished])
    assert "replace, ridge" in text
    assert "3 (ridge)" in text
    assert "The last model, of iteration 3, is of ridge" in text


def test_nothing_changes_where_all_models_are_of_one_estimator(tmp_path):
    finished = run(toy(), tmp_path)
    assert (finished.final_estimator, finished.final_note, final_answer(finished, "test_loss")) == (None, "", "")
    assert {row.estimator for row in finished.rows()} == {None}


def test_a_gate_needs_two_models_of_one_estimator(tmp_path):
    finished = run(toy(num_iterations=2, final_estimator=Normal(shift=1.0), metrics=(NormalLoss(),)), tmp_path)
    with pytest.raises(UserError, match=r"one iteration besides the last, which is of .*Normal.*--iterations 3"):
        check(finished, Limits(max_rise=1.0))


def test_it_is_written_read_and_set_like_any_estimator():
    experiment = replace(linear(), final_estimator=Ridge(3.0))
    assert from_dict(json.loads(json.dumps(to_dict(experiment)))) == experiment
    written = complete(to_dict(linear()))
    set_value(written, "final_estimator=ridge")
    written = complete(written)
    set_value(written, "final_estimator.penalty=7")
    assert from_dict(written).final_estimator == Ridge(7.0)
    assert "policy replace" in citations_of(experiment)
    assert "estimator ridge" in citations_of(experiment)


@pytest.mark.parametrize(
    ("last", "name"), [(Ridge(3.0), "ridge"), (Gaussian(), "gaussian"), (LinearRegression(), "linear-regression")]
)
def test_its_name_is_told(last, name):
    assert other_estimators(to_dict(replace(linear(), num_iterations=4, final_estimator=last))) == {4: name}


def test_settings_tell_two_of_one_type_apart():
    both = replace(linear(), estimator=Ridge(1.0), first_estimator=Ridge(2.0), final_estimator=Ridge(30.0))
    assert other_estimators(to_dict(both)) == {1: "ridge, penalty=2.0", 10: "ridge, penalty=30.0"}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"final_estimator": Gaussian()}, "Gaussian is for examples, and the data are rows"),
        ({"num_iterations": 1, "final_estimator": Ridge()}, "final_estimator is for the last of several models"),
    ],
)
def test_what_does_not_fit_is_refused_before_anything_is_fitted(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        run(replace(linear(), **changes), tmp_path)
    assert not list(tmp_path.glob("**/fit-*"))


@pytest.mark.parametrize("iteration", [1, 2, 3])
def test_an_exported_model_is_computed_by_its_experiment(ridge_last, tmp_path, iteration):
    _, finished = ridge_last
    export(finished, policy="replace", iteration=iteration, model=tmp_path / "model")
    experiment = from_dict(read(tmp_path / "model" / "experiment.yaml"))
    again = prepare(experiment, finished.store, LocalExecutor(), Silence())
    keys = [item.model for item in finished.record.iterations if item.policy == "replace"]
    assert again[-1].model.key == keys[iteration - 1]


def test_a_warm_start_needs_an_estimator_that_goes_on():
    loop = toy(init="previous", num_iterations=3)
    with pytest.raises(UserError, match="LinearRegression cannot go on from a fitted model"):
        replace(loop, final_estimator=LinearRegression())


def test_text_of_one_order_trains_a_model_of_another(tmp_path):
    """Trigrams learn from what a bigram model wrote; record, card and rows say which model is which."""
    source = StoryGrammar(num_train=100, num_test=20, vocabulary=300)
    experiment = Experiment(
        "text",
        source,
        NGram(order=2),
        (Replace(),),
        (TestLoss(num_tokens=300),),
        2,
        600,
        final_estimator=NGram(order=3),
    )
    finished = run(experiment, tmp_path)
    first, last = finished.record.iterations
    assert [finished.manifest(item.model).inputs["estimator"]["order"] for item in (first, last)] == [2, 3]
    assert [estimator_of(finished, item)["order"] for item in (first, last)] == [2, 3]
    losses = [row for row in finished.rows() if row.metric == "test_loss"]
    assert [row.estimator for row in losses] == [None, "ngram, order=3"]
    assert finished.is_complete()


def test_architectures_of_networks_may_differ():
    gpt2 = GPT2(width=16, num_layers=1, num_heads=2, context=16)
    llama = Llama(width=16, num_layers=1, num_heads=2, context=16, inner=40)
    experiment = Experiment("text", StoryGrammar(), gpt2, (Replace(),), (TestLoss(),), 3, 600, final_estimator=llama)
    fits = [item.model for item in unroll(experiment, Replace(), 0, 600)]
    assert [fit.inputs["estimator"]["type"] for fit in fits] == ["GPT2", "GPT2", "Llama"]
    assert all(item.samples.inputs["model"] == item.model.key for item in unroll(experiment, Replace(), 0, 600))


def test_the_plan_says_which_model_it_is(ridge_last):
    experiment, finished = ridge_last
    domain = experiment.source.open(finished.store.path(finished.record.source))
    planned = make_plan(plan_iterations(experiment, ROWS), lambda _: None, domain)
    numbers = list(plan_table(planned, "row", other_estimators(to_dict(experiment))).columns[0].cells)
    assert numbers.count("3 (ridge)") == 6  # fit, sample and score under two policies
    assert set(numbers) == {"1", "2", "3 (ridge)"}

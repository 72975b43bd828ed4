"""What reads a run works on one of the user's own policy, source, estimator and metric, which no record brings back."""

import csv
import html
import json
from dataclasses import dataclass, replace

import numpy as np
import own_model
import own_policy
import pytest
from cases import CASES
from own_model import RichestTenth

from genloop.analysis.profile import profile
from genloop.data.images.digits import Digits
from genloop.data.known import Normal
from genloop.data.molecules.drug_like import DrugLike
from genloop.data.regression.source import Regression
from genloop.data.text.bible import Bible
from genloop.data.text.grammar import StoryGrammar
from genloop.errors import UserError
from genloop.metrics import regression
from genloop.policies import Accumulate, Replace
from genloop.report.samples import sampled
from genloop.runs.runner import run
from genloop.steps import Prepare
from genloop.theory.propagate import error_curve
from genloop.types import Context, Evidence

READERS = (
    ("show", "runs/own"),
    ("show", "runs/own", "--training-sets"),
    ("report", "runs/own", "--figures", "figures"),
    ("watch", "runs/own", "--once"),
    ("forecast", "runs/own"),
    ("check", "runs/own", "--max-increase", 9),
    ("cite", "runs/own"),
)


@pytest.mark.parametrize("experiment", [own_policy.EXPERIMENT, own_model.EXPERIMENT], ids=["policy", "model"])
def test_every_reader_reads_runs_of_own_classes(experiment, genloop, tmp_path):
    run(replace(experiment, num_iterations=4), tmp_path / "runs" / "own")
    for arguments in READERS:
        code, _, err = genloop(*arguments)
        assert code == 0, (arguments, err)
    assert (tmp_path / "runs" / "own" / "report.html").is_file()
    assert (tmp_path / "figures" / "test_loss.pdf").is_file()


class ParameterError(regression.ParameterError):
    """The shipped metric in thousandths, under its name."""

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> dict[str, float]:
        values = super().score(evidence, seed=seed, context=context)
        return {name: 1000 * found.value for name, found in values.items()}


def test_an_own_metric_is_not_given_the_results_of_the_shipped_one_of_its_name(tmp_path):
    shipped, own = (
        run(replace(own_policy.EXPERIMENT, metrics=(metric,), num_iterations=1), tmp_path)
        for metric in (regression.ParameterError(), ParameterError())
    )
    assert [row.value for row in own.rows()] == [1000 * (row.value or 0) for row in shipped.rows()]


def test_an_own_metric_enters_profile_gates_forecasts_and_citations_by_what_it_declares(genloop, tmp_path):
    """The share of the richest tenth falls under replace, as the own model's example prints; no name is known to us."""
    entry = "@misc{gini1912,\n  title = {Variability},\n}"
    share = replace(RichestTenth.values[0], worse="lower", aspect="diversity", citations=(entry,))
    metric = type("Spread", (RichestTenth,), {"values": (share,), "__module__": __name__})()
    loop = replace(own_model.EXPERIMENT, metrics=(own_model.IncomeLoss(), metric), num_iterations=6)
    found = run(loop, tmp_path / "runs" / "own")

    told = {(each.policy, each.aspect): (each.metric, each.verdict) for each in profile(found)}
    assert told["replace", "diversity"] == ("richest_tenth", "collapsing")
    assert told["accumulate", "diversity"][1] == "stable"
    assert told["replace", "loss"] == ("test_loss", "collapsing")
    code, _, _ = genloop("check", "runs/own", "--policy", "replace", "--min-diversity", 0.99)
    assert code == 1
    code, _, _ = genloop("check", "runs/own", "--policy", "replace", "--min-diversity", 0.5)
    assert code == 0
    code, _, err = genloop("check", "runs/own", "--metric", "richest_tenth", "--max-increase", 0.1)
    assert (code, "is the better the higher" in " ".join(err.split())) == (2, True)
    assert genloop("forecast", "runs/own", "--metric", "richest_tenth")[0] == 0
    assert entry in genloop("cite", "runs/own")[1]


@pytest.mark.parametrize("shipped", [Bible, Digits, DrugLike, Normal, Regression, StoryGrammar])
def test_an_own_source_is_not_given_the_data_of_the_shipped_one_of_its_name(shipped):
    own = type(shipped.__name__, (shipped,), {"__module__": "mine"})
    assert Prepare(own()).key != Prepare(shipped()).key


@dataclass(frozen=True)
class Matching(Accumulate):
    """Accumulate, under a name that may look like markup."""

    pattern: str = "[a-z][/x]:x:"


def test_names_and_folders_are_printed_as_they_are(genloop, tmp_path):
    """Neither is markup: no bracket is taken for a colour, nothing between colons for a picture, and no path broken."""
    folder = f"a[b=1]/{'long/' * 30}"
    run(replace(own_model.EXPERIMENT, policies=(Matching(),), num_iterations=4), tmp_path / folder)
    name = "Matching(pattern='[a-z][/x]:x:')"
    says = {
        ("show", folder): name,
        ("show", folder, "--training-sets"): name,
        ("check", folder, "--max-rise", 0): name,
        ("forecast", folder): name,
        ("watch", folder, "--once"): name,
        ("report", folder): f"Report: {folder}report.html\n",
        ("report", folder, "--figures", folder + "figures"): f"files in {folder}figures\n",
        ("cite", folder): "@",
    }
    for arguments, said in says.items():
        code, out, err = genloop(*arguments)
        assert (code, said in out) == (int(arguments[0] == "check"), True), (arguments, out, err)
    code, _, err = genloop("show", "nothing[/x]")
    assert (code, "nothing[/x] holds no run" in err) == (2, True)


def test_texts_and_models_of_an_own_policy_are_exported_by_its_name(genloop, store_dir, tmp_path):
    experiment = replace(CASES["gpt2"](), policies=(own_policy.POLICY, Replace()))
    run(experiment, tmp_path / "runs" / "own", store_dir=store_dir)
    export = ("export", "runs/own", "--policy", "EverySecond", "--iteration", 2)
    code, _, err = genloop(*export, "--model", "model", "--data", "texts.parquet")
    assert code == 0, err
    assert "EverySecond, the user's own" in (tmp_path / "model" / "README.md").read_text()


def test_a_page_shows_samples_of_an_own_policy(genloop, store_dir, tmp_path):
    experiment = replace(CASES["gpt2"](), policies=(own_policy.POLICY,))
    found = run(experiment, tmp_path / "runs" / "own", store_dir=store_dir)
    assert genloop("report", "runs/own")[0] == 0
    (text, *_) = sampled(found, found.record.iterations[0], 1).texts
    page = (tmp_path / "runs" / "own" / "report.html").read_text()
    assert "Samples cannot be shown" not in page
    assert text.strip()[:40] in html.unescape(page)


@dataclass(frozen=True)
class Tales(StoryGrammar):
    """A source of the user's own, of texts."""


def test_data_of_an_own_source_are_exported_and_shown(genloop, tmp_path):
    """Its domain is a shipped one, so what reads results needs no class of the user's own."""
    found = run(replace(CASES["gpt2"](), source=Tales(vocabulary=300), seeds=(0,)), tmp_path / "runs" / "own")
    item = found.record.iterations[0]
    export = ("export", "runs/own", "--policy", item.policy, "--iteration", 1, "--part", "samples")
    code, _, err = genloop(*export, "--data", "texts.jsonl")
    assert code == 0, err
    written = [json.loads(line) for line in (tmp_path / "texts.jsonl").read_text("utf-8").splitlines()]
    assert {line["source"] for line in written} == {"model 1"}
    (text, *_) = sampled(found, item, 1).texts
    assert text in [line["text"] for line in written]
    code, _, err = genloop("report", "runs/own")
    assert code == 0, err
    assert text.strip()[:40] in html.unescape((tmp_path / "runs" / "own" / "report.html").read_text())


def test_numbers_of_an_own_source_are_exported_and_shown(genloop, tmp_path):
    found = run(replace(own_model.EXPERIMENT, num_iterations=1), tmp_path / "runs" / "own")
    samples = np.load(found.store.path(found.record.iterations[0].samples) / "examples.npy")
    export = ("export", "runs/own", "--policy", "replace", "--iteration", 1, "--part", "samples")
    code, _, err = genloop(*export, "--data", "new.csv")
    assert code == 0, err
    with (tmp_path / "new.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [float(row["x1"]) for row in rows] == samples.ravel().tolist()
    assert [int(row["replicate"]) for row in rows] == [number for number in range(200) for _ in range(50)]
    assert {row["source"] for row in rows} == {"model 1"}
    assert genloop("report", "runs/own")[0] == 0
    page = html.unescape((tmp_path / "runs" / "own" / "report.html").read_text())
    assert "The first 8 examples of the first of 200 replicates, of the first seed" in page
    assert f"<td>{samples[0, 0, 0]:.4g}</td>" in page


@dataclass(frozen=True, slots=True)
class EverySecond(own_policy.EverySecond):
    """The policy of the example, in slots."""

    first: int = 0


def test_a_policy_in_slots_is_run_predicted_and_read(genloop, tmp_path):
    assert error_curve(EverySecond(), 4).values == pytest.approx(error_curve(own_policy.POLICY, 4).values)
    finished = run(
        replace(own_policy.EXPERIMENT, policies=(EverySecond(),), num_iterations=4), tmp_path / "runs" / "own"
    )
    assert {row.policy for row in finished.rows()} == {"EverySecond(first=0)"}
    for arguments in READERS:
        code, _, err = genloop(*arguments)
        assert code == 0, (arguments, err)


ONE_MORE = np.array([1.0, 0.0])[:, None, None]  # of the mean


def test_an_own_class_that_changes_is_computed_anew_in_the_same_folder(tmp_path, monkeypatch):
    """Mean and deviation of the logarithms of the incomes are near 0 and 1, so a mean of 1 too much costs about 1/2."""
    experiment = replace(own_model.EXPERIMENT, policies=(Replace(),), num_iterations=1)

    def loss() -> float:
        return next(row.value for row in run(experiment, tmp_path).rows() if row.metric == "test_loss")

    def shifted(self, train, *, seed, context):
        return own_model.LogNormalModel(fit(self, train, seed=seed, context=context).parameters + ONE_MORE)

    before, fit = loss(), own_model.LogNormal.fit
    monkeypatch.setattr(own_model.LogNormal, "fit", shifted)
    assert loss() == pytest.approx(before + 0.5, abs=0.05)
    monkeypatch.undo()
    assert loss() == before


def test_an_own_estimator_at_iteration_1_has_keys_of_its_own(tmp_path):
    experiment = replace(own_model.EXPERIMENT, policies=(Replace(),), num_iterations=1)
    plain = run(experiment, tmp_path)
    other = run(replace(experiment, first_estimator=Shifted()), tmp_path)
    assert [row.value for row in plain.rows()] != [row.value for row in other.rows()]


class Shifted(own_model.LogNormal):
    """The family of the example with another fit and the same identities."""

    def fit(self, train, *, seed, context):
        return own_model.LogNormalModel(super().fit(train, seed=seed, context=context).parameters + 1.0)


def test_a_class_without_source_is_refused_before_anything_is_computed(genloop, tmp_path):
    script = "from own_model import *\nclass Typed(LogNormal):\n  def fit(self, *a, **k): return super().fit(*a, **k)\n"
    namespace: dict[str, object] = {"__name__": "__console__"}
    exec(script, namespace)
    with pytest.raises(UserError, match="source of Typed cannot be read"):
        run(replace(own_model.EXPERIMENT, estimator=namespace["Typed"]()), tmp_path)  # type: ignore[operator]
    assert not list((tmp_path / "store").glob("fit-*"))

"""The scripts in examples/ run, print what is right, and cost no more lines than the README promises."""

import re
from dataclasses import replace

import own_model
import own_policy
import own_text
import pytest
from pages import ROOT

EXAMPLES = ROOT / "examples"
POLICY_LINES, FAMILY_LINES = 20, 80


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def _num_lines(script: str, first: str, last: str) -> int:
    """Return the lines from the class `first` up to what follows the class or name `last`."""
    text = (EXAMPLES / script).read_text("utf-8")
    return len(text[text.index(f"class {first}") : text.index(last)].strip().splitlines())


def test_own_policy_is_measured_as_predicted(capsys):
    own_policy.main()
    rows = re.findall(r"(\d+) +([\d.]+) +([\d.]+) \(([\d.]+)\)", capsys.readouterr().out)
    assert [int(number) for number, *_ in rows] == list(range(1, 11))
    for _, predicted, measured, standard_error in rows:
        assert abs(float(predicted) - float(measured)) < 4 * float(standard_error)
    assert _num_lines("own_policy.py", "EverySecond", "POLICY = ") <= POLICY_LINES


def test_own_model_rises_under_replace_and_hardly_under_accumulate(capsys):
    own_model.main()
    out = capsys.readouterr().out
    last = {
        policy: float(change) for policy, change in re.findall(r"(replace|accumulate) +│ +5 .*│ ([+-][\d.]+) │", out)
    }
    assert last["replace"] > 5 * last["accumulate"] > 0  # expected: 4 units of error against 0.46
    assert "real data" in out
    assert _num_lines("own_model.py", "LogNormalModel", "EXPERIMENT = ") <= FAMILY_LINES


def test_own_text_runs_on_a_text_of_its_own_and_on_a_file(capsys, monkeypatch, tmp_path):
    def small(text: str):
        experiment = plain(text)
        short = replace(experiment.estimator.sampling, max_length=50)
        estimator = replace(experiment.estimator, num_steps=3, sampling=short)
        return replace(experiment, estimator=estimator, num_samples=2000)

    plain = own_text.experiment
    monkeypatch.setattr(own_text, "experiment", small)
    own_text.main()
    assert "replace: " in capsys.readouterr().out
    own_text.main("runs/own-text/diary.txt", "elsewhere")
    assert (tmp_path / "elsewhere" / "run.json").is_file()

"""What preparation leaves out, from the file of the user's own to every place that shows results."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from report_fixtures import toy_run
from rich.console import Console

from genloop.data.array_file import ArrayFile
from genloop.data.left_out import write_left_out, write_notices
from genloop.experiment import Experiment
from genloop.families.statistical.gaussian import Gaussian
from genloop.left_out import data_notes, read_notes
from genloop.metrics.statistical import NegativeLogLikelihood
from genloop.policies import Replace
from genloop.report.exports.model_card import model_card
from genloop.report.html.page import write_page
from genloop.report.live.progress import RunProgress
from genloop.runs.runner import run

SENTENCE = "Left out of the real data: train: 3 (an empty cell), 2 (a cell is no number), 1 (a number is not finite)."


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """60 rows, of which three lack a number, two hold a word and one an infinity."""
    rows = [f"{a},{b}" for a, b in np.random.default_rng(0).normal(size=(60, 2))]
    broken = ["1.5,", ",", ",2.5", "x,1.5", "2.5,NA", "inf,1.5"]
    path = tmp_path / "own.csv"
    path.write_text("\n".join(["a,b", *rows[:30], *broken, *rows[30:]]) + "\n")
    return path


def experiment(table: Path, **settings: Any) -> Experiment:
    source = ArrayFile(str(table), broken="skip")
    return Experiment("own", source, Gaussian(), (Replace(),), (NegativeLogLikelihood(),), 2, **settings)


def test_what_is_left_out_is_told_wherever_results_are_shown(table: Path, tmp_path: Path, genloop: Any):
    with (tmp_path / "log.txt").open("w") as log, RunProgress(Console(file=log, width=300)) as progress:
        found = run(experiment(table), tmp_path / "run", listener=progress)
    assert f"Warning: {SENTENCE}" in (tmp_path / "log.txt").read_text()

    counts = {"train": {"an empty cell": 3, "a cell is no number": 2, "a number is not finite": 1}}
    assert found.data_facts()["left_out"] == counts
    assert found.data_facts()["num_train"] + found.data_facts()["num_test"] == 60
    _, shown, _ = genloop("show", str(found.directory))
    assert SENTENCE in shown
    _, as_json, _ = genloop("show", str(found.directory), "--json")
    assert json.loads(as_json)["run"]["left_out"] == counts
    assert json.loads(as_json)["run"]["notices"] == []
    write_page([found], tmp_path / "page.html")
    assert SENTENCE in (tmp_path / "page.html").read_text()
    assert SENTENCE.replace("_", r"\_") in model_card(found, found.record.iterations[-1], is_huggingface=False)


def test_plan_tells_it_too(table: Path, tmp_path: Path, genloop: Any):
    settings = ("--set", f"source.train={table}", "--set", "source.broken=skip", "--out", str(tmp_path / "run"))
    code, planned, _ = genloop("plan", "numbers", *settings)
    assert (code, SENTENCE in planned) == (0, True)


def test_sources_that_say_nothing_show_nothing(tmp_path: Path, genloop: Any):
    found = toy_run(tmp_path)
    assert data_notes(found.data_facts()) == []
    code, shown, _ = genloop("show", str(found.directory))
    assert (code, "Left out" in shown) == (0, False)
    _, as_json, _ = genloop("show", str(found.directory), "--json")
    assert json.loads(as_json)["run"]["left_out"] is None


def test_reasons_from_files_are_short_and_printable(tmp_path: Path):
    write_left_out(tmp_path, {"train": {"files ending in .\udcff\x1b": 2, "x" * 500: 1, "none": 0}, "test": {}})
    write_notices(tmp_path, ["a\nb"])
    found = read_notes(tmp_path)
    assert found["left_out"] == {"train": {"files ending in .\ufffd\ufffd": 2, "x" * 100: 1}}
    assert found["notices"] == ["a\ufffdb"]
    assert read_notes(tmp_path / "elsewhere") == {}

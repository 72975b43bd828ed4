"""Figures of runs: what is drawn, against the numbers that were measured."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np
import pytest
from cases import CASES
from matplotlib.container import BarContainer, ErrorbarContainer
from matplotlib.figure import Figure
from report_fixtures import losses_run, two_floors_run

from genloop.analysis.predicted import predicted
from genloop.errors import UserError
from genloop.metrics.learning_curve import LearningCurve
from genloop.policies import AccumulateSubsample, Mix, Replace, schedule_from_rows
from genloop.report.figures.runs import save_figures
from genloop.report.html.page import page
from genloop.report.palette import REAL, styles
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.values import Value, to_facts


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> dict[str, Figure]:
    """Collect the figures that are saved, by the names of their files; the files hold nothing, which is faster."""
    found: dict[str, Figure] = {}

    def collect(figure: Figure, path: Path, **_: Any) -> None:
        found[path.name[1:].rpartition(".")[0]] = figure  # it is written beside its place, `.NAME.PROCESS`
        path.touch()

    monkeypatch.setattr(Figure, "savefig", collect)
    return found


def measured(figure: Figure) -> dict[str, list[tuple[float, float, float]]]:
    """Return iteration, value and bar of all points by the label of their line."""
    lines = {}
    for container in figure.axes[0].containers:
        assert isinstance(container, ErrorbarContainer)
        line, _, (bars,) = container.lines
        halves = [(segment[1][1] - segment[0][1]) / 2 for segment in bars.get_segments()]
        lines[str(container.get_label())] = list(zip(*line.get_data(), halves, strict=True))
    return lines


def lines_named(figure: Figure, label: str) -> list[Any]:
    return [line for line in figure.axes[0].lines if line.get_label() == label]


def stacks(figure: Figure) -> Mapping[str, np.ndarray]:
    """Return the heights of all bars, shape (source, iteration), by the title of their panel."""
    return {
        axes.get_title(): np.array([[bar.get_height() for bar in bars] for bars in axes.containers])
        for axes in figure.axes
        if all(isinstance(bars, BarContainer) for bars in axes.containers)
    }


@pytest.fixture(scope="module")
def several(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A linear regression of three seeds, whose metric measures its own standard error."""
    return run(replace(CASES["linear-regression"](), seeds=(0, 1, 2)), tmp_path_factory.mktemp("several"))


def test_lines_are_means_over_seeds_with_standard_errors(several: Run, tmp_path: Path, drawn):
    paths = save_figures([several], tmp_path / "new" / "figures")
    assert {path.name for path in paths} == {
        f"{name}.{kind}" for name in ("test_loss", "training-sets") for kind in ("pdf", "svg", "png")
    }
    assert all(path.exists() for path in paths)
    assert drawn.keys() == {path.name for path in paths}
    lines = measured(drawn["test_loss.pdf"])
    assert list(lines) == ["replace", "accumulate"]
    for policy, points in lines.items():
        for iteration, value, bar in points:
            values = [
                row.value
                for row in several.rows()
                if (row.policy, row.iteration, row.metric) == (policy, iteration, "test_loss") and row.value is not None
            ]
            assert value == pytest.approx(mean(values))
            assert bar == pytest.approx(stdev(values) / 3**0.5)


def test_theory_is_drawn_in_the_colour_of_its_policy(several: Run, tmp_path: Path, drawn):
    save_figures([several], tmp_path, ["svg"])
    for policy, values in predicted(several, "test_loss").items():
        (line,) = lines_named(drawn["test_loss.svg"], f"{policy}, theory")
        assert line.get_ydata() == pytest.approx(values)
        assert line.get_color() == styles([policy])[policy].colour


def test_one_seed_has_the_error_that_the_metric_measured(tmp_path: Path, drawn):
    found = run(CASES["linear-regression"](), tmp_path / "run")
    save_figures([found], tmp_path, ["svg"])
    rows = [row for row in found.rows() if row.metric == "test_loss"]
    errors = {(row.policy, row.iteration): row.standard_error for row in rows}
    lines = measured(drawn["test_loss.svg"])
    assert {(policy, n): bar for policy, points in lines.items() for n, _, bar in points} == pytest.approx(errors)


def test_real_data_are_a_grey_line_where_samples_are_measured(tmp_path: Path, drawn):
    found = run(CASES["ngram"](), tmp_path / "run")
    save_figures([found], tmp_path, ["svg"])
    floor = {row.metric: row.value for row in found.noise_floor() if row.policy == "replace"}
    (line,) = lines_named(drawn["distinct_2.svg"], "real data")
    assert list(line.get_ydata()) == [floor["distinct_2"]] * 2
    assert line.get_color() == REAL
    assert not lines_named(drawn["test_loss.svg"], "real data")


def test_policies_of_different_noise_floors_have_a_line_each(tmp_path: Path, drawn):
    found = two_floors_run(tmp_path)
    save_figures([found], tmp_path, ["svg"])
    for name, policy in (("replace, accumulate", "accumulate"), ("replace-multiple", "replace-multiple")):
        place = (policy, "missing_mass")
        floors = [row.value for row in found.noise_floor() if (row.policy, row.metric) == place and row.value]
        (line,) = lines_named(drawn["missing_mass.svg"], f"real data ({name})")
        assert list(line.get_ydata()) == [pytest.approx(mean(floors))] * 2
    assert not lines_named(drawn["missing_mass.svg"], "real data")


def test_no_point_is_drawn_where_a_seed_is_not_finite(tmp_path: Path, drawn):
    found = losses_run(tmp_path, {0: {1: 2.0, 2: 2.1, 3: 2.2, 4: 2.3}, 1: {1: 3.0, 2: None, 3: 3.4, 4: None}})
    save_figures([found], tmp_path, ["svg"])
    (axes,) = drawn["test_loss.svg"].axes
    (container,) = axes.containers
    points = {place: value for place, value in zip(*container.lines[0].get_data(), strict=True) if np.isfinite(value)}
    assert points == pytest.approx({1: 2.5, 3: 2.8})
    assert axes.get_xlim()[1] >= 4  # else the run would seem to end before


def test_bars_are_what_the_training_sets_were_made_of(tmp_path: Path, drawn):
    """A draw has the expected shares of its union; in each bar real data are first, then models 1, 2, ..."""
    policies = (
        Replace(),
        Mix(0.25),
        AccumulateSubsample(),
        schedule_from_rows([[1], [0.5, {"amount": 1, "weight": 3}]]),
    )
    found = run(replace(CASES["gaussian"](), policies=policies, num_iterations=2), tmp_path / "run")
    save_figures([found], tmp_path, ["svg"])
    figure = drawn["training-sets.svg"]
    heights = {title.split("(")[0]: bars for title, bars in stacks(figure).items()}
    assert heights["replace"].tolist() == [[1, 0], [0, 1]]
    assert heights["mix"].tolist() == [[1, 0.25], [0, 0.75]]
    assert heights["accumulate-subsample"].tolist() == [[1, 0.5], [0, 0.5]]
    assert heights["schedule"].tolist() == [[1, 0.5], [0, 3]]
    assert "weighted" in figure.axes[0].get_ylabel().replace("\n", " ")


def test_learning_curves_run_over_optimiser_steps(tmp_path: Path, store_dir: Path, drawn):
    experiment = replace(CASES["llama"](), metrics=(LearningCurve(num_tokens=500, num_points=3),))
    found = run(experiment, tmp_path / "run", store_dir=store_dir)
    save_figures([found], tmp_path, ["svg"])
    assert not [name for name in drawn if name.startswith("test_loss_at")]
    for axes, policy in zip(drawn["learning-curves.svg"].axes, ("replace", "accumulate"), strict=True):
        assert axes.get_title() == policy
        for number, line in enumerate(axes.lines, start=1):
            item = next(i for i in found.record.iterations if (i.policy, i.iteration) == (policy, number))
            manifest = found.manifest(item.model)
            assert manifest
            num_steps = manifest.inputs["estimator"]["num_steps"]
            assert list(line.get_xdata()) == pytest.approx([num_steps / 3, num_steps * 2 / 3, num_steps], rel=1e-3)
            last = next(
                row.value
                for row in found.rows()
                if (row.policy, row.iteration, row.metric) == (policy, number, "test_loss_at_1")
            )
            assert line.get_ydata()[-1] == last


def test_a_learning_curve_has_no_point_where_a_seed_is_not_finite(tmp_path: Path, drawn):
    losses = {0: {1: 2.0, 2: 2.1}, 1: {1: 3.0, 2: None}}
    found = losses_run(tmp_path, losses, metric="test_loss_at_1")
    save_figures([found], tmp_path, ["svg"])
    first, second = (line.get_ydata() for line in drawn["learning-curves.svg"].axes[0].lines)
    assert list(first) == [2.5]
    assert np.isnan(second).all()
    assert "not finite to not finite" in page([found])


def test_runs_stand_beside_one_another(several: Run, tmp_path: Path, drawn):
    """Names of runs are said only where two of them have the same policy; other units are other figures."""
    other = run(replace(CASES["linear-regression"](), name="other", policies=(Mix(0.5),)), tmp_path / "other")
    save_figures([several, other], tmp_path / "a", ["svg"])
    assert list(measured(drawn["test_loss.svg"])) == ["replace", "accumulate", "mix(real=0.5)"]
    normal = run(CASES["gaussian"](), tmp_path / "normal")
    drawn.clear()
    save_figures([several, normal], tmp_path / "b", ["svg"])
    assert "test_loss.svg" not in drawn
    assert list(measured(drawn["test_loss-squared-error.svg"])) == ["linear · replace", "linear · accumulate"]
    figure = drawn["test_loss-nats-example.svg"]
    assert list(measured(figure)) == ["gaussian · replace", "gaussian · accumulate"]
    assert not lines_named(figure, "linear · replace, theory")


def test_runs_of_one_name_are_called_by_their_folders_as_written(tmp_path: Path, monkeypatch, drawn):
    """In figures and on the page alike, and where the last names of the folders are equal, too."""
    monkeypatch.chdir(tmp_path)
    runs = [run(replace(CASES["gaussian"](), seeds=(n,)), Path(f"s{n}/run")) for n in (1, 2)]
    save_figures(runs, tmp_path, ["svg"])
    labels = [f"s{n}/run · {policy}" for n in (1, 2) for policy in ("replace", "accumulate")]
    figure = drawn["test_loss.svg"]
    assert list(measured(figure)) == labels
    drawn_lines = [container.lines[0] for container in figure.axes[0].containers]
    looks = {(line.get_color(), line.get_marker(), line.get_linestyle()) for line in drawn_lines}
    assert len(looks) == len(labels)
    text = page(runs)
    assert all(label in text for label in (*labels, "<title>s1/run, s2/run"))


def test_an_unfinished_run_shows_what_there_is(tmp_path: Path, drawn):
    found = run(CASES["linear-regression"](), tmp_path / "run")
    for item in found.record.iterations:
        for key in item.scores if item.iteration > 1 or item.policy == "replace" else ():
            found.store.discard(key)
    save_figures([Run(tmp_path / "run")], tmp_path, ["svg"])
    assert drawn.keys() == {"training-sets.svg"}  # both policies share the scores of iteration 1


def test_a_name_from_outside_cannot_leave_the_folder(tmp_path: Path, drawn):
    found = run(CASES["linear-regression"](), tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    key = record["iterations"][0]["scores"][0]
    manifest = found.manifest(key)
    assert manifest
    found.store.discard(key)
    facts = {**to_facts([Value("../../up", "$")], {"../../up": 1.0}), "about": "x"}
    found.store.create(key, manifest.inputs, lambda *_: facts)
    paths = save_figures([Run(tmp_path / "run")], tmp_path / "figures", ["svg"])
    assert {path.parent for path in paths} == {tmp_path / "figures"}
    assert "-up.svg" in {path.name for path in paths}


def test_bad_places_and_formats_are_one_sentence(several: Run, tmp_path: Path):
    with pytest.raises(UserError, match="is of no kind that can be drawn"):
        save_figures([several], tmp_path, ["jpg"])
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="file cannot be written"):
        save_figures([several], tmp_path / "file")


@pytest.mark.parametrize(("case", "name"), [("vae", "sampled-images"), ("geodiff", "sampled-molecules")])
def test_samples_that_can_be_seen_are_drawn(case: str, name: str, tmp_path: Path, store_dir: Path, drawn):
    found = run(replace(CASES[case](), metrics=()), tmp_path / "run", store_dir=store_dir)
    save_figures([found], tmp_path, ["svg"])
    assert drawn.keys() == {f"{name}.svg", "training-sets.svg"}
    titles = {axes.get_title() for axes in drawn[f"{name}.svg"].axes} - {""}
    assert any("replace" in title for title in titles)
    assert any("accumulate" in title for title in titles)
    assert not drawn[f"{name}.svg"].get_suptitle()

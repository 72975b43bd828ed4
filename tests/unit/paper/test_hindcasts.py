"""Coverage counted by hand, and that the hidden end of a curve does not reach its forecast."""

import sys
from pathlib import Path

import numpy as np
import pytest
import toys

from genloop.paper.hidden_iterations import law_of_theory
from genloop.paper.hindcasts import KnownCurve, coverage, coverage_grid, hindcast
from genloop.runs.runner import run

sys.path.insert(0, str(Path(__file__).parents[3] / "benchmarks"))


def curve(*values: float, seed: int = 0) -> KnownCurve:
    return KnownCurve("made up", "replace", seed, values)


def test_what_is_hidden_does_not_reach_the_forecast():
    beginning = (1.0, 2.1, 2.9, 4.0, 5.1)
    kept, lost = (hindcast(curve(*beginning, *end), 5, 7) for end in ((6.0, 7.0, 0.0), (60.0, 70.0, 0.0)))
    assert kept.forecast.points == lost.forecast.points
    assert (kept.covered, lost.covered) == ([True, True], [False, False])
    assert kept.hidden == (6.0, 7.0)  # what lies beyond is not judged
    assert kept.error < 0.1 < lost.error


def test_coverage_is_averaged_over_seeds():
    """Two seeds with one of two and both of two hidden values in their intervals."""
    beginning = (1.0, 2.1, 2.9, 4.0, 5.1)
    found = [hindcast(curve(*beginning, 6.0, last, seed=seed), 5, 7) for seed, last in enumerate((70.0, 7.0))]
    held = coverage(found)
    assert (held.share, held.last_share) == (0.75, 0.5)
    assert held.standard_error == pytest.approx(np.std([0.5, 1.0], ddof=1) / 2**0.5)
    assert str(held) == "0.75 ± 0.25 (0.50)"
    (line,) = coverage_grid("", {"made up": [found]}, ["6 to 7"]).lines
    assert line[:3] == ("made up", "2", "0.75 ± 0.25 (0.50)")


def test_theory_knows_the_laws_of_policies():
    assert [law_of_theory(policy) for policy in ("replace", "accumulate", "replace-multiple")] == [
        "linear", "bounded", "logarithmic",
    ]  # fmt: skip


def test_runs_and_json_of_them_have_the_same_curves(tmp_path):
    """The benchmark reads a run's folder, what `show --json` prints, and what a reproduction writes."""
    import json

    from forecast_coverage import compare, read_curves

    from genloop.report.tables import rows_json

    found = run(toys.experiment(num_iterations=7), tmp_path / "run")
    plain = rows_json(found)
    (tmp_path / "show.json").write_text(json.dumps(plain))
    (tmp_path / "page.json").write_text(json.dumps({"loops": [{"name": "run", "rows": plain["rows"]}]}))
    curves = [list(read_curves(tmp_path / name)) for name in ("run", "show.json", "page.json")]
    assert [item.values for item in curves[0]] == [item.values for item in curves[1]]
    assert curves[0] == curves[2]
    grid = compare(curves[0], [4, 6])
    assert [line[0] for line in grid.lines] == ["all", "test_loss", "sample_mean"]
    assert grid.lines[0][1].endswith(", 4")
    assert grid.lines[0][2] == ""  # one hidden iteration is too few

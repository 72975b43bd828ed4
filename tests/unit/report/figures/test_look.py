"""Files of figures: the same bytes whenever they are drawn, text that stays text, and nothing half written."""

from pathlib import Path

import matplotlib as mpl
import pytest

from genloop.errors import UserError
from genloop.report.figures.look import FORMATS, drawing, folded, legend_below, panels, rise_by_factors
from genloop.report.palette import thinned

NAME = r"costs $\frac$ of it"  # would be mathematics that cannot be read


def draw(folder: Path) -> dict[str, bytes]:
    folder.mkdir()
    paths = [folder / f"figure.{kind}" for kind in FORMATS]
    with drawing(*paths) as figure:
        for axes in panels(figure, ["one", NAME], x="iteration", y="test loss", num_columns=2):
            axes.plot([1, 2, 3], [3, 1, 2], "o--", label=NAME)
        legend_below(figure)
    return {path.suffix: path.read_bytes() for path in paths}


def test_the_same_figure_is_the_same_bytes_whatever_the_readers_settings(tmp_path: Path, monkeypatch):
    first = draw(tmp_path / "first")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1000000000")  # a date in a file would be this one
    with mpl.rc_context({"lines.linewidth": 9, "font.size": 30, "svg.fonttype": "path"}):
        assert draw(tmp_path / "second") == first


def test_text_stays_text(tmp_path: Path):
    files = draw(tmp_path / "a")
    assert b"test loss</text>" in files[".svg"]
    assert f">{NAME}</text>".encode() in files[".svg"]
    assert b"/FontFile2" in files[".pdf"]  # TrueType
    assert b"/Type3" not in files[".pdf"]


def test_other_kinds_of_files_are_refused_before_anything_is_drawn(tmp_path: Path):
    refused = pytest.raises(UserError, match=r"a\.bmp is of no kind that can be drawn\. Name a file that ends in \.pdf")
    with refused, drawing(tmp_path / "a.pdf", tmp_path / "a.bmp"):
        pytest.fail("it was drawn")
    assert not list(tmp_path.iterdir())


def test_a_figure_that_fails_is_not_written(tmp_path: Path):
    with pytest.raises(ZeroDivisionError), drawing(tmp_path / "a.png"):
        1 / 0  # noqa: B018
    assert not list(tmp_path.iterdir())


def test_the_last_panel_of_every_column_has_labels(tmp_path: Path):
    with drawing(tmp_path / "a.png") as figure:
        places = panels(figure, list("abc"), x="iteration", y="loss", num_columns=2)
    assert [axes.get_xlabel() for axes in places] == ["", "iteration", "iteration"]
    assert [axes.get_ylabel() for axes in places] == ["loss", "", "loss"]
    assert [axes.xaxis.get_tick_params()["labelbottom"] for axes in places] == [False, True, True]
    assert len(figure.axes) == 3


def test_factors_are_written_as_numbers(tmp_path: Path):
    with drawing(tmp_path / "a.svg") as figure:
        (axes,) = panels(figure, [""], x="x", y="y")
        axes.plot([1, 2], [0.005, 20])
        rise_by_factors(axes)
    assert {"0.01", "0.1", "1", "10"} <= {label.get_text() for label in axes.get_yticklabels()}
    assert "$" not in (tmp_path / "a.svg").read_text()


@pytest.mark.parametrize(("num", "expected"), [(0, []), (1, [1]), (4, [1, 2, 3, 4]), (9, [1, 3, 5, 7, 9])])
def test_a_legend_names_some_of_many_with_the_first_and_last(num: int, expected: list[int]):
    assert thinned(num) == expected


def test_long_text_is_folded():
    assert folded("coverage pixels (share of real images)", 1.0).count("\n") > 1
    assert folded("replace\niteration 4", 3.0) == "replace\niteration 4"


def test_figure_makes_its_folder_and_says_where_it_cannot_be_written(tmp_path):
    with drawing(tmp_path / "new" / "figure.svg"):
        pass
    assert (tmp_path / "new" / "figure.svg").exists()
    with pytest.raises(UserError, match="cannot be written"), drawing(tmp_path / "new" / "figure.svg" / "other.svg"):
        pass

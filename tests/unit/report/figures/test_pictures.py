"""Pictures of images: grids against the images in them, figures against what a reader sees."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cases import CASES
from matplotlib.figure import Figure
from PIL import Image

from genloop.data.images.files import Images
from genloop.experiment import Experiment
from genloop.report.figures.pictures import GAP, draw_grids, draw_images, grid
from genloop.report.samples import sampled
from genloop.runs.runner import run


def images(num: int, *, channels: int = 3, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (num, 4, 5, channels), dtype=np.uint8)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize(("num", "columns", "rows", "across"), [(6, 3, 2, 3), (7, 3, 3, 3), (2, 8, 1, 2), (1, 1, 1, 1)])
def test_a_grid_shows_every_image_in_its_place(channels: int, num: int, columns: int, rows: int, across: int):
    shown = images(num, channels=channels)
    picture = grid(shown, columns)
    assert picture.shape == (rows * (4 + GAP) - GAP, across * (5 + GAP) - GAP, channels)
    covered = np.zeros(picture.shape[:2], bool)
    for number, image in enumerate(shown):
        top, left = (4 + GAP) * (number // columns), (5 + GAP) * (number % columns)
        assert np.array_equal(picture[top : top + 4, left : left + 5], image)
        covered[top : top + 4, left : left + 5] = True
    assert np.all(picture[~covered] == 255)


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """Collect the figures that are saved."""
    found: list[Figure] = []
    save = Figure.savefig

    def collect(self: Figure, *args: Any, **settings: Any) -> None:
        found.append(self)
        save(self, *args, **settings)

    monkeypatch.setattr(Figure, "savefig", collect)
    return found


def panels(figure: Figure) -> dict[tuple[int, int], np.ndarray]:
    """Return what each panel of a figure shows, by row and column."""
    places = {axes: axes.get_subplotspec() for axes in figure.axes}
    return {
        (place.rowspan.start, place.colspan.start): np.asarray(axes.images[0].get_array())
        for axes, place in places.items()
        if place and axes.images
    }


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_columns_may_lack_rows_and_each_grid_is_where_it_belongs(suffix: str, tmp_path: Path, drawn: list[Figure]):
    first, second, only = images(6), images(6, seed=1), images(9, seed=2, channels=1)
    grids = {"replace": {"iteration 1": first, "iteration 5": second}, "baseline": {"iteration 1": only}}
    draw_grids(grids, tmp_path / f"a.{suffix}", columns=3, title="samples")
    (figure,) = drawn
    shown = panels(figure)
    assert shown.keys() == {(0, 0), (1, 0), (0, 1)}
    for place, expected in (((0, 0), first), ((1, 0), second)):
        assert np.array_equal(shown[place], grid(expected, 3))
    assert np.array_equal(shown[0, 1], grid(only, 3)[:, :, 0])
    assert [axes.get_title() for axes in figure.axes if axes.get_title()] == ["replace", "baseline"]
    assert [axes.get_ylabel() for axes in figure.axes if axes.get_ylabel()] == ["iteration 1", "iteration 5"]


@pytest.mark.parametrize(
    "title", ["", "samples of a run whose name is as long as the figure is wide, and then a little longer"]
)
def test_grids_fill_the_width_however_long_their_headings_are(title: str, tmp_path: Path, drawn: list[Figure]):
    column = {f"iteration {n}": images(8) for n in range(1, 5)}
    draw_grids({"replace": column, "baseline: iteration 1, real images only": column}, tmp_path / "a.png", title=title)
    (figure,) = drawn
    widths = [axes.get_position().width for axes in figure.axes]
    assert sum(widths) / 4 > 0.8  # of the figure; the rest is for labels


def test_pixels_keep_their_shades_in_the_file(tmp_path: Path):
    """Grey levels are not stretched to what occurs: a dark image stays dark, to one level of rounding."""
    draw_grids({"": {"": np.full((4, 8, 8, 1), 60, np.uint8)}}, tmp_path / "a.png", columns=2)
    levels = np.asarray(Image.open(tmp_path / "a.png").convert("L")).ravel()
    most_common = np.bincount(levels[levels < 250]).argmax()
    assert abs(int(most_common) - 60) <= 1


def _small(folder: Path, num_iterations: int) -> Experiment:
    """Return two seeds of small VAEs on noise."""
    np.savez(folder / "a.npz", images=np.random.default_rng(0).integers(0, 256, (40, 32, 32), dtype=np.uint8))
    source = Images(str(folder / "a.npz"), resolution=32, channels="grey")
    changes: Any = {"source": source, "metrics": (), "num_samples": 20, "seeds": (0, 1)}
    return replace(CASES["vae"](), **changes, num_iterations=num_iterations)


def test_a_run_shows_policies_side_by_side_and_its_first_and_last_iteration(tmp_path: Path, drawn: list[Figure]):
    found = run(_small(tmp_path, 7), tmp_path / "run")
    draw_images(found, tmp_path / "samples.png", num=6)
    shown = panels(drawn[0])
    assert shown.keys() == {(row, column) for row in range(5) for column in range(2)}
    labels = [axes.get_ylabel() for axes in drawn[0].axes if axes.get_ylabel()]
    assert (labels[0], labels[-1], len(labels)) == ("iteration 1", "iteration 7", 5)
    last = [item for item in found.record.iterations if (item.iteration, item.seed) == (7, 0)]
    for column, item in enumerate(last):
        samples = sampled(found, item, 6).images
        assert samples is not None
        assert np.array_equal(shown[4, column], grid(samples)[:, :, 0])


def test_a_run_of_other_data_has_no_pictures(tmp_path: Path):
    found = run(replace(CASES["gaussian"](), num_iterations=1), tmp_path / "run")
    draw_images(found, tmp_path / "samples.png")
    assert not (tmp_path / "samples.png").exists()


def test_the_command_line_writes_samples(genloop, tmp_path: Path):
    small = ("estimator.channels=[4, 8]", "estimator.latent=3", "estimator.epochs=1", "metrics=[]", "num_samples=20")
    settings = [word for setting in small for word in ("--set", setting)]
    code, out, err = genloop("run", "digits", "--policy", "replace", "--iterations", 1, *settings)
    assert code == 0, err
    assert "samples.png" in out
    assert (tmp_path / "runs" / "digits" / "samples.png").read_bytes().startswith(b"\x89PNG")
    assert not (tmp_path / "runs" / "digits" / "samples.txt").exists()

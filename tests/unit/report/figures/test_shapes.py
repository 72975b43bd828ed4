"""Pictures of conformations: turned but never mirrored or mended, and complete."""

from pathlib import Path

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from matplotlib.image import imread

from genloop.examples import Conformation
from genloop.report.figures.shapes import draw_shapes, turned_onto

BONDS = np.array([[0, 1], [1, 2], [2, 3], [3, 4]])
TYPES = np.array([6, 6, 7, 8, 1])
REAL = np.array([[-2.5, 0.2, 0.1], [-1.2, -0.4, 0.3], [0.1, 0.3, -0.2], [1.3, -0.5, -0.4], [2.3, 0.4, 0.2]])


def shape(coordinates: np.ndarray) -> Conformation:
    return Conformation(0, "a molecule", TYPES, BONDS, coordinates, REAL)


def turn(seed: int) -> np.ndarray:
    rotation = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0]
    return rotation * np.sign(np.linalg.det(rotation))


def test_a_moved_conformation_is_turned_back():
    reference = REAL - REAL.mean(axis=0)
    assert turned_onto(reference @ turn(1) + 5, reference) == pytest.approx(reference)


def test_a_mirror_image_stays_one():
    reference = REAL - REAL.mean(axis=0)
    mirrored = turned_onto(reference * [1, 1, -1], reference)
    assert np.abs(mirrored - reference).max() > 0.1
    triple = np.stack([REAL[1] - REAL[0], REAL[2] - REAL[1], REAL[3] - REAL[2]])
    found = np.diff(mirrored, axis=0)[:3]
    assert np.linalg.det(found) == pytest.approx(-np.linalg.det(triple))


def test_what_is_not_finite_stays_so():
    reference = REAL - REAL.mean(axis=0)
    lost = reference.copy()
    lost[4] = np.nan
    turned = turned_onto(lost, reference)
    assert np.isnan(turned[4]).all()
    assert np.isfinite(turned[:4]).all()
    assert np.isnan(turned_onto(np.full((5, 3), np.nan), reference)).all()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[Figure]:
    """The figures that are saved."""
    figures: list[Figure] = []
    save = Figure.savefig

    def remember(figure: Figure, *arguments: object, **settings: object) -> None:
        figures.append(figure)
        save(figure, *arguments, **settings)

    monkeypatch.setattr(Figure, "savefig", remember)
    return figures


def test_every_bond_is_drawn_at_its_own_length(tmp_path: Path, drawn):
    """Sticks are as long as the bonds look from the side; a broken molecule is not mended."""
    broken = REAL * [1, 1, 1.5] + np.random.default_rng(0).normal(scale=0.2, size=REAL.shape)
    shapes = {name: shape(each) for name, each in {"real": REAL, "iteration 1": broken @ turn(2)}.items()}
    draw_shapes([shapes], tmp_path / "a.png", title="molecules")
    assert imread(tmp_path / "a.png").shape[2] in (3, 4)
    panels = drawn[0].axes
    assert [panel.get_title() for panel in panels] == ["real", "iteration 1"]
    reference = REAL - REAL.mean(axis=0)
    axes = np.linalg.svd(reference)[2].T
    for panel, coordinates in zip(panels, (REAL, broken), strict=True):
        (sticks,) = (each for each in panel.collections if isinstance(each, LineCollection))
        assert len(sticks.get_segments()) == 2 * len(BONDS)
        lengths = sorted(np.linalg.norm(np.diff(segment, axis=0)) for segment in sticks.get_segments())
        flat = (turned_onto(coordinates, reference) @ axes)[:, :2]
        expected = sorted(np.repeat(np.linalg.norm(flat[BONDS[:, 0]] - flat[BONDS[:, 1]], axis=1) / 2, 2))
        assert lengths == pytest.approx(expected)


def test_atoms_outside_are_counted(tmp_path: Path, drawn):
    far = REAL.copy()
    far[0], far[4] = (-100, 0, 0), np.nan
    shapes = {name: shape(each) for name, each in {"real": REAL, "iteration 5": far}.items()}
    draw_shapes([shapes, shapes], tmp_path / "a.png")
    texts = [[text.get_text() for text in panel.texts] for panel in drawn[0].axes]
    assert [any("outside" in text for text in each) for each in texts] == [False, True, False, True]
    assert [text for text in texts[1] if "of 5 atoms outside" in text]

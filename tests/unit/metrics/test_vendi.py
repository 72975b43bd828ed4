"""Diversity of degenerate sets: limits that follow from the definition by hand."""

import numpy as np
import pytest

from genloop.metrics.fidelity import EncoderFidelity, compare
from genloop.metrics.vendi import vendi_score


@pytest.mark.parametrize("scale", [0.0, 1.0])
def test_equal_vectors_are_one_whatever_the_scale(scale: float):
    assert vendi_score(np.ones((7, 3)), scale) == pytest.approx(1)


def test_without_a_scale_equal_vectors_alone_are_similar():
    """Three groups of two equal vectors: K has three blocks of ones, whose eigenvalues over 6 are 1/3 each."""
    assert vendi_score(np.repeat(np.eye(3), 2, axis=0), 0.0) == pytest.approx(3)


def test_features_that_are_not_finite_have_no_values():
    real = np.random.default_rng(0).normal(size=(20, 4))
    assert all(np.isnan(value) for value in compare(real, np.full((20, 4), np.nan), 3, EncoderFidelity.values).values())
    assert all(
        np.isfinite(value) for value in compare(np.ones((20, 4)), np.ones((20, 4)), 3, EncoderFidelity.values).values()
    )

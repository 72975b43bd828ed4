"""The shortest least-squares solution against NumPy's, and its error under replace against a closed form."""

import numpy as np
import pytest

from genloop.data.regression.source import Regression
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression, MinNorm
from genloop.metrics.regression import ParameterError
from genloop.policies import Replace
from genloop.runs.runner import run
from genloop.types import Context

NUM, DIMENSION = 6, 12


def prepared(folder, **settings):
    source = Regression(num_replicates=3, **settings)
    source.prepare(folder, Context())
    return source.open(folder).prepared("train")


@pytest.mark.parametrize(("num", "dimension"), [(1, 4), (4, 9), (9, 4)])
def test_it_is_numpy_s_shortest_solution(tmp_path, num, dimension):
    train = prepared(tmp_path, num_train=num, dimension=dimension)
    found = MinNorm().fit(train, seed=0, context=Context()).weights
    rows = list(train.rows())
    design, targets = (np.concatenate([getattr(each, name) for each in rows], axis=1) for name in ("design", "targets"))
    for replicate in range(3):
        expected = np.linalg.lstsq(design[replicate], targets[replicate])[0]
        np.testing.assert_allclose(found[replicate], expected, rtol=1e-6, atol=1e-9)


def test_enough_rows_make_it_ordinary_least_squares(tmp_path):
    train = prepared(tmp_path, num_train=20, dimension=4)
    ours, ordinary = (each.fit(train, seed=0, context=Context()).weights for each in (MinNorm(), LinearRegression()))
    np.testing.assert_allclose(ours, ordinary, rtol=1e-9)


@pytest.mark.parametrize("deviation", [0.0001, 1.0])
def test_replace_forgets_what_no_row_showed(tmp_path, deviation):
    """E w_n . w* = r^n |w*|^2 with r = T/d, and E |w_n|^2 = r E |w_{n-1}|^2 + s^2 T / (d - T - 1)."""
    source = Regression(
        dimension=DIMENSION, num_train=NUM, num_replicates=500, noise_deviation=deviation, design="fresh"
    )
    rows = list(run(Experiment("short", source, MinNorm(), (Replace(),), (ParameterError(),), 3), tmp_path).rows())
    share, length, expected = NUM / DIMENSION, 1.0, []  # of the fixed truth, |w*| = 1
    for number in (1, 2, 3):
        length = share * length + deviation**2 * NUM / (DIMENSION - NUM - 1)
        expected.append(length - 2 * share**number + 1)
    for row, value in zip(rows, expected, strict=True):
        assert abs(row.value - value) < 4 * row.standard_error, row


@pytest.mark.parametrize("num", [11, 12, 13])
def test_as_many_rows_as_parameters_are_refused(tmp_path, num):
    source = Regression(dimension=DIMENSION, num_train=num, num_replicates=2)
    with pytest.raises(UserError, match=f"{num} different rows for dimension=12.*infinite"):
        run(Experiment("short", source, MinNorm(), (Replace(),), (ParameterError(),), 2), tmp_path)


def test_ordinary_least_squares_names_what_fits_fewer_rows(tmp_path):
    source = Regression(dimension=DIMENSION, num_train=NUM, num_replicates=2)
    with pytest.raises(UserError, match=r"with fewer than d it has no single solution.*use ridge or min-norm"):
        run(Experiment("short", source, LinearRegression(), (Replace(),), (ParameterError(),), 2), tmp_path)

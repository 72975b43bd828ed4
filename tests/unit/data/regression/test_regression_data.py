"""Rows of regression are the same however they are asked for, and their sums are those of a plain computation."""

import errno
import tracemalloc
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from genloop.data.regression.design import BLOCK, CHUNK, Design
from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.shard import Linear, Shard, Tabulated, read_arrays
from genloop.data.regression.source import Regression
from genloop.errors import UserError
from genloop.types import Context

ROUNDING = 1e-12  # relative; float64 keeps 16 digits over a few hundred rows
R, D, T = 3, 2, 50


def shard(*, num=130, period=None, teacher=None, seed=1):
    design = Design(seed=5, num_replicates=R, dimension=D, decay=1.0, period=period)
    weights = np.arange(1.0, R * D + 1).reshape(R, D)
    return Shard(design, num, teacher or Linear(weights), noise_deviation=0.5, noise_seed=seed)


def read(data):
    """Return all rows at once: design (R, N, d), targets and weights (R, N)."""
    rows = list(data.rows())
    join = (np.concatenate([getattr(part, name) for part in rows], axis=1) for name in ("design", "targets", "weights"))
    return tuple(join)


def direct_sums(data):
    design, targets, weights = read(data)
    weighted = design * weights[:, :, None]
    return np.einsum("rni,rnj->rij", weighted, design), np.einsum("rni,rn->ri", weighted, targets)


def assert_same(statistics, expected):
    gram, moment = expected
    np.testing.assert_allclose(statistics.gram, gram, rtol=ROUNDING, atol=ROUNDING * np.abs(gram).max())
    np.testing.assert_allclose(statistics.moment, moment, rtol=ROUNDING, atol=ROUNDING * np.abs(moment).max())


PERIODS = pytest.mark.parametrize("period", [None, 50], ids=["fresh", "reused"])


@settings(max_examples=30, deadline=None)
@given(cuts=st.lists(st.integers(0, 130), max_size=4), period=st.sampled_from([None, 50, 130]))
def test_slices_have_the_rows_of_the_whole_and_sum_to_it(cuts, period):
    whole = RegressionDataset.of(shard(period=period))
    edges = [0, *sorted(cuts), 130]
    parts = [whole.slice(*pair) for pair in pairwise(edges)]
    for joined, expected in zip(read(parts[0].concat(parts[1:])), read(whole), strict=True):
        np.testing.assert_array_equal(joined, expected)
    pieces = [part.statistics() for part in parts if len(part)]
    assert_same(whole.statistics(), (sum(p.gram for p in pieces), sum(p.moment for p in pieces)))


@PERIODS
def test_sums_are_those_of_the_rows_whatever_the_view(period):
    whole = RegressionDataset.of(shard(period=period))
    other = RegressionDataset.of(shard(period=period, seed=2))
    union = whole.slice(7, 121).weighted(0.3).concat([other.weighted(2.0), other.slice(0, 40), other, other])
    assert len(union) == 114 + 130 + 40 + 130 + 130
    assert_same(union.statistics(), direct_sums(union))
    assert_same(union.weighted(2.0).statistics(), [2.0 * each for each in direct_sums(union)])
    drawn = union.draw(90, seed=3)
    assert_same(drawn.statistics(), direct_sums(drawn))


def test_targets_follow_their_teacher():
    exact = replace(shard(), noise_deviation=0.0)
    design, targets = exact.rows(60, 70)
    np.testing.assert_allclose(targets, np.einsum("rnd,rd->rn", design, exact.teacher.array), rtol=ROUNDING)
    values = np.arange(R * T, dtype=float).reshape(R, T)
    table = replace(shard(period=T, teacher=Tabulated(values)), noise_deviation=0.0)
    np.testing.assert_array_equal(table.rows(T + 3, T + 6)[1], values[:, 3:6])


def test_a_reused_design_repeats_itself_and_a_fresh_one_does_not():
    reused, fresh = shard(period=T).design, shard().design
    np.testing.assert_array_equal(reused.rows(0, 30), reused.rows(T, T + 30))
    assert not np.isin(fresh.rows(0, BLOCK), fresh.rows(BLOCK, 2 * BLOCK)).any()
    assert reused.fresh(99) == reused
    assert not np.isin(fresh.fresh(99).rows(0, 20), fresh.rows(0, 20)).any()


def test_rows_have_the_covariance_and_noise_that_was_asked_for():
    big = replace(shard(num=40_000), teacher=Linear(np.zeros((R, D))))
    gram, moment = big.statistics.gram / big.num, big.statistics.moment / big.num
    # Variances of normal numbers have a relative standard error of sqrt(2 / N); 5 of them, for 12 numbers.
    np.testing.assert_allclose(np.diagonal(gram, axis1=1, axis2=2), [[1.0, 0.5]] * R, rtol=5 * np.sqrt(2 / big.num))
    assert np.abs(gram[:, 0, 1]).max() < 5 / np.sqrt(big.num)
    assert np.abs(moment).max() < 5 * 0.5 / np.sqrt(big.num)
    targets = big.rows(0, big.num)[1]
    np.testing.assert_allclose(targets.std(axis=1), 0.5, rtol=5 / np.sqrt(2 * big.num))


@PERIODS
def test_draws_are_uniform_without_replacement_and_differ_between_replicates(period):
    design = Design(seed=5, num_replicates=2000, dimension=1, period=period)
    source = RegressionDataset.of(Shard(design, 50, Linear(np.zeros((2000, 1))), 1.0, 1))
    drawn = source.slice(0, 30).concat([source.slice(30, 50).weighted(3.0)]).draw(20, seed=4)
    *_, weights = read(drawn)
    chosen = weights > 0
    assert (chosen.sum(axis=1) == 20).all()
    assert set(np.unique(weights[:, 30:])) == {0.0, 3.0}
    # Each row is drawn with probability 20/50; 5 standard errors of a share among 2000, for 50 rows.
    assert np.abs(chosen.mean(axis=0) - 0.4).max() < 5 * np.sqrt(0.4 * 0.6 / 2000)
    # How many come from the first 30 is hypergeometric: variance 20 x 0.6 x 0.4 x 30/49.
    assert np.isclose(chosen[:, :30].sum(axis=1).var(), 20 * 0.6 * 0.4 * 30 / 49, rtol=0.2)


@PERIODS
def test_saved_data_open_unchanged_in_a_file_that_does_not_grow(tmp_path, period):
    for num in (100, 10_000):
        directory = tmp_path / str(num)
        directory.mkdir()
        saved = RegressionDataset.of(shard(num=num, period=period))
        saved.save(directory)
        opened = RegressionDataset.open(directory / "rows.npz")
        for left, right in zip(read(opened.slice(3, 90)), read(saved.slice(3, 90)), strict=True):
            np.testing.assert_array_equal(left, right)
        np.testing.assert_array_equal(opened.statistics().gram, saved.statistics().gram)
        np.testing.assert_array_equal(opened.statistics().moment, saved.statistics().moment)
    sizes = [(tmp_path / num / "rows.npz").stat().st_size for num in ("100", "10000")]
    assert abs(sizes[0] - sizes[1]) < 10  # digits of the number of rows


def test_large_designs_pass_through_memory_in_pieces():
    design = Design(seed=0, num_replicates=1000, dimension=100)
    pieces = list(design.chunks(10, 500))
    assert pieces[0][0] == 10
    assert pieces[-1][1] == 500
    assert max(stop - start for start, stop in pieces) * 1000 * 100 <= 2 * CHUNK


@PERIODS
def test_a_fit_needs_no_more_memory_for_more_sources(tmp_path, period):
    design = Design(seed=0, num_replicates=100, dimension=20, period=period)
    paths = [tmp_path / f"{number}.npz" for number in range(40)]
    for number, path in enumerate(paths):
        Shard(design.fresh(number), 50, Linear(np.zeros((100, 20))), 1.0, number).save(path)
    peaks = []
    for num in (4, 40):
        opened = [RegressionDataset.open(path) for path in paths[:num]]
        tracemalloc.start()
        opened[0].concat(opened[1:]).statistics()
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 1.5 * peaks[0]  # ten times the sources


@pytest.mark.parametrize("design", ["reused", "fresh"])
def test_source_has_the_asked_sizes_and_disjoint_parts(tmp_path, design):
    source = Regression(dimension=D, num_train=T, num_test=20, num_replicates=R, truth="drawn", design=design)
    source.prepare(tmp_path, Context())
    train, test = (source.open(tmp_path).prepared(part) for part in ("train", "test"))
    assert (len(train), len(test)) == (T, 20)
    assert not np.isin(read(test)[0], read(train)[0]).any()
    assert test.design.period is None
    assert test.shard.noise_seed != train.shard.noise_seed
    np.testing.assert_array_equal(train.shard.teacher.array, test.shard.teacher.array)
    assert len(np.unique(train.shard.teacher.array)) == R * D


def test_fixed_truth_has_length_one():
    truth = Regression(dimension=7).shard("train", 10).teacher.array
    np.testing.assert_allclose(np.sum(truth**2, axis=1), 1, rtol=ROUNDING)


def test_wrong_settings_are_refused_all_at_once():
    with pytest.raises(UserError, match=r"num_train=0 .* noise_deviation=-1.* design='new'"):
        Regression(num_train=0, noise_deviation=-1, design="new")  # type: ignore[arg-type]


def test_what_the_system_says_against_reading_is_not_hidden(tmp_path, monkeypatch):
    """The library for zip files says that a file it cannot read is none."""
    (tmp_path / "a.npz").write_bytes(b"")

    def refuse(*_: object) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(OSError, match="Input/output error"):
        read_arrays(tmp_path / "a.npz")

"""Array data sets against plain arrays that are cut, joined and weighted by hand."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genloop.data.arrays import EXAMPLES_FILE, ArrayDataset


def dataset(num, *, replicates=2, first=0):
    """Return examples of two columns whose values all differ."""
    values = np.arange(replicates * num * 2.0).reshape(replicates, num, 2)
    return ArrayDataset.of(first + values)


sized_and_weighted = st.lists(st.tuples(st.integers(0, 6), st.sampled_from([0.5, 1.0, 3.0])), min_size=1, max_size=4)
datasets = sized_and_weighted.map(
    lambda parts: [dataset(num, first=100 * place).weighted(weight) for place, (num, weight) in enumerate(parts)]
)


def same(first, second):
    np.testing.assert_array_equal(first.read(), second.read())
    np.testing.assert_array_equal(first.read_weights(), second.read_weights())


@given(datasets)
def test_concatenation_keeps_order_and_weights(parts):
    joined = parts[0].concat(parts[1:])
    assert len(joined) == sum(map(len, parts))
    np.testing.assert_array_equal(joined.read(), np.concatenate([part.read() for part in parts], axis=1))
    np.testing.assert_array_equal(joined.read_weights(), np.concatenate([p.read_weights() for p in parts], axis=1))


@given(datasets, st.data())
def test_a_slice_is_the_array_s_slice(parts, data):
    joined = parts[0].concat(parts[1:])
    start = data.draw(st.integers(0, len(joined)))
    stop = data.draw(st.integers(start, len(joined)))
    cut = joined.slice(start, stop)
    assert len(cut) == stop - start
    np.testing.assert_array_equal(cut.read(), joined.read()[:, start:stop])
    np.testing.assert_array_equal(cut.read_weights(), joined.read_weights()[:, start:stop])


@given(datasets, st.data())
def test_two_slices_make_the_whole(parts, data):
    joined = parts[0].concat(parts[1:])
    middle = data.draw(st.integers(0, len(joined)))
    same(joined.slice(0, middle).concat([joined.slice(middle, len(joined))]), joined)


@given(datasets, st.sampled_from([0.0, 0.25, 2.0]), st.sampled_from([0.5, 4.0]))
def test_weights_multiply(parts, first, second):
    joined = parts[0].concat(parts[1:])
    same(joined.weighted(first).weighted(second), joined.weighted(first * second))
    np.testing.assert_array_equal(joined.weighted(first).read(), joined.read())


@given(datasets, st.integers(0, 5), st.data())
def test_a_draw_takes_examples_once_with_their_weights(parts, seed, data):
    joined = parts[0].concat(parts[1:])
    num = data.draw(st.integers(0, len(joined)))
    drawn = joined.draw(num, seed=seed)
    assert len(drawn) == num
    for replicate in range(2):
        known = dict(zip(joined.read()[replicate, :, 0], joined.read_weights()[replicate], strict=True))
        found = dict(zip(drawn.read()[replicate, :, 0], drawn.read_weights()[replicate], strict=True))
        assert len(found) == num
        assert found.items() <= known.items()
    same(drawn, joined.draw(num, seed=seed))


def test_every_replicate_draws_its_own():
    places = dataset(50, replicates=200).draw(1, seed=0).read()[:, 0, 0] // 2 % 50
    assert len(set(places)) > 40


def test_draws_are_uniform():
    """4000 replicates draw 5 of 10: every example half the time, within 4 standard errors."""
    values = np.broadcast_to(np.arange(10.0)[:, None], (4000, 10, 1))
    drawn = ArrayDataset.of(values).draw(5, seed=1).read()[..., 0]
    shares = np.array([(drawn == example).sum() for example in range(10)]) / 4000
    assert np.all(np.abs(shares - 0.5) < 4 * np.sqrt(0.25 / 4000))


def test_views_copy_nothing():
    data = dataset(6)
    view = data.slice(1, 4).weighted(2.0).concat([data])
    assert all(np.shares_memory(block.values, data.blocks[0].values) for block in view.blocks)


def test_saved_examples_are_opened_without_reading_them(tmp_path):
    data = dataset(3).concat([dataset(2, first=50)])
    data.save(tmp_path)
    opened = ArrayDataset.open(tmp_path / EXAMPLES_FILE)
    same(opened, data)
    assert isinstance(opened.blocks[0].values, np.memmap)


def test_pickled_objects_are_refused(tmp_path):
    np.save(tmp_path / EXAMPLES_FILE, np.array([{}], object), allow_pickle=True)
    with pytest.raises(ValueError, match="Python objects"):
        ArrayDataset.open(tmp_path / EXAMPLES_FILE)

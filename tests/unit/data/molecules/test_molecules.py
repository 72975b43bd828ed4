"""Views over conformations against the plain arrays that they were made of."""

import numpy as np
import pytest

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.graphs import Graph, Graphs

WATER = Graph(np.array([8, 1, 1]), np.zeros(3), np.array([[0, 1], [0, 2]]), np.array([1, 1]), "O")
HYDROXIDE = Graph(np.array([8, 1]), np.array([-1, 0]), np.array([[0, 1]]), np.array([1]), "[OH-]")
NEON = Graph(np.array([10]), np.zeros(1), np.empty((0, 2)), np.empty(0), "[Ne]")
GRAPHS = Graphs.of([WATER, HYDROXIDE, NEON])
SIZES = np.array([3, 2, 1])


def conformations(graph_ids: list[int], seed: int) -> tuple[MoleculeDataset, list[np.ndarray]]:
    """Return a data set, and its coordinates as a list."""
    random = np.random.default_rng(seed)
    each = [random.normal(size=(SIZES[i], 3)).astype(np.float32) for i in graph_ids]
    return MoleculeDataset.of(GRAPHS, np.array(graph_ids), np.concatenate(each)), each


def assert_same(data: MoleculeDataset, expected: list[np.ndarray]) -> None:
    assert len(data) == len(expected)
    for index, coordinates in enumerate(expected):
        assert np.array_equal(data.coordinates(index), coordinates)
        assert SIZES[data.graph_ids(np.array([index]))[0]] == len(coordinates)


def test_graphs_are_read_as_they_were_written(tmp_path):
    GRAPHS.save(tmp_path)
    opened = Graphs.open(tmp_path)
    assert list(opened.names) == ["O", "[OH-]", "[Ne]"]
    assert len(opened) == 3
    assert [opened.num_atoms(i) for i in range(3)] == [3, 2, 1]
    for number, graph in enumerate((WATER, HYDROXIDE, NEON)):
        bonds, orders = opened.bonds_of(number)
        assert np.array_equal(opened.types_of(number), graph.types)
        assert np.array_equal(opened.charges_of(number), graph.charges)
        assert np.array_equal(bonds, graph.bonds)
        assert np.array_equal(orders, graph.orders)
    dtypes = [array.dtype for array in (opened.types, opened.charges, opened.bonds, opened.orders, opened.atom_offsets)]
    assert dtypes == [np.uint8, np.int8, np.int32, np.uint8, np.int64]


def test_views_are_those_of_a_list():
    first, a = conformations([0, 1, 2, 0], 1)
    second, b = conformations([2, 1, 1], 2)
    assert_same(first.slice(1, 3), a[1:3])
    union = first.slice(0, 3).concat([second.weighted(0.5), first.slice(3, 4)])
    assert_same(union, a[:3] + b + a[3:])
    assert_same(union.slice(2, 5).concat([union.slice(0, 1)]), (a[:3] + b)[2:5] + a[:1])
    assert union.weights.tolist() == [1, 1, 1, 0.5, 0.5, 0.5, 1]
    assert union.weighted(2).weights[[3, 0]].tolist() == [1, 2]


def test_a_batch_is_read_in_the_order_asked_for():
    first, a = conformations([0, 1, 2, 0], 1)
    second, b = conformations([2, 1, 1], 2)
    union, expected = first.concat([second]), a + b
    order = np.array([6, 0, 4, 4, 2])
    batch = union.read(order)
    assert batch.graph_ids.tolist() == [1, 0, 2, 2, 2]
    assert batch.coordinates.dtype == np.float32
    for number, index in enumerate(order):
        found = batch.coordinates[batch.offsets[number] : batch.offsets[number + 1]]
        assert np.array_equal(found, expected[index])


def test_conformations_are_found_by_molecule():
    first, a = conformations([1, 0, 1, 2], 1)
    second, b = conformations([0, 1], 2)
    found = list(first.concat([second]).by_molecule())
    assert [graph for graph, _ in found] == [1, 0, 2]
    for (_, coordinates), expected in zip(found, ([a[0], a[2], b[1]], [a[1], b[0]], [a[3]]), strict=True):
        assert np.array_equal(coordinates, np.stack(expected))
    assert list(first.slice(0, 0).by_molecule()) == []


def test_saved_views_open_as_one_shard_without_reading_it(tmp_path):
    first, a = conformations([0, 1, 2, 0], 1)
    second, b = conformations([2, 1, 1], 2)
    first.slice(1, 4).concat([second]).save(tmp_path)
    opened = MoleculeDataset.open(tmp_path, GRAPHS)
    assert_same(opened, a[1:] + b)
    assert isinstance(opened.shards[0].coordinates.base, np.memmap)


def test_a_draw_is_uniform_and_without_replacement():
    data, _ = conformations([2] * 10, 1)
    drawn = data.draw(4, seed=3)
    assert len(set(drawn.places.tolist())) == 4
    assert drawn.places.tolist() == data.draw(4, seed=3).places.tolist() != data.draw(4, seed=4).places.tolist()
    counts = sum(np.bincount(data.draw(4, seed=seed).places, minlength=10) for seed in range(1000))
    standard_error = np.sqrt(1000 * 0.4 * 0.6)
    assert np.all(np.abs(counts - 400) < 4 * standard_error)


def test_nothing_is_a_data_set_too(tmp_path):
    data, _ = conformations([0, 1], 1)
    empty = data.slice(1, 1)
    empty.save(tmp_path)
    assert len(MoleculeDataset.open(tmp_path, GRAPHS)) == len(empty) == 0
    assert empty.read(np.arange(0)).coordinates.shape == (0, 3)


def test_coordinates_of_other_molecules_are_refused():
    with pytest.raises(AssertionError):
        MoleculeDataset.of(GRAPHS, np.array([0]), np.zeros((2, 3)))

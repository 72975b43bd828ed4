"""The network of GeoDiff against the symmetries of space, and its geometry against autograd, SciPy and RDKit."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from geodiff_fixtures import SIZES, SMILES, batch, conformers, network, noisy
from rdkit import Chem
from scipy.spatial.transform import Rotation

from genloop.data.molecules.chemistry import to_rdkit
from genloop.data.molecules.graphs import Graph, Graphs
from genloop.families.geodiff.denoising import loss
from genloop.families.geodiff.geometry import aligned, centred, displacements, lengths, mean_of_atoms, to_atoms
from genloop.families.geodiff.topology import BONDS, Topologies

ROTATION = torch.from_numpy(Rotation.from_rotvec([0.3, -1.2, 2.0]).as_matrix())
LEVELS = torch.tensor([0.01, 0.1, 0.5, 1.0, 3.0, 12.0], dtype=torch.float64)
PRECISIONS = [(torch.float32, 1e-4), (torch.float64, 1e-10)]


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_noise_turns_and_moves_with_the_conformation(dtype, tolerance):
    coordinates, topology = batch(conformers())
    levels, rotation = LEVELS.to(dtype), ROTATION.to(dtype)
    before = noisy(coordinates.to(dtype), levels, topology)
    shift = torch.tensor([3.0, -2.0, 1.0], dtype=dtype)
    field = network().to(dtype)
    found = field(before, levels, topology)
    assert found.abs().max() > 0.01
    torch.testing.assert_close(
        field(before @ rotation + shift, levels, topology), found @ rotation, rtol=0, atol=tolerance
    )
    torch.testing.assert_close(field(-before, levels, topology), -found, rtol=0, atol=tolerance)
    assert mean_of_atoms(found, topology).abs().max() < tolerance


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
def test_loss_does_not_know_how_the_molecule_lies(dtype, tolerance):
    coordinates, topology = batch(conformers())
    coordinates, levels, rotation = coordinates.to(dtype), LEVELS.to(dtype), ROTATION.to(dtype)
    noise = noisy(torch.zeros_like(coordinates), torch.ones_like(levels), topology)
    field = network().to(dtype)
    expected = loss(field, coordinates, noise, levels, topology)
    shift = torch.tensor([3.0, -2.0, 1.0], dtype=dtype)
    turned = loss(field, coordinates @ rotation + shift, noise @ rotation, levels, topology)
    torch.testing.assert_close(turned, expected, rtol=tolerance, atol=tolerance)


def test_noise_that_only_turns_the_conformation_is_none():
    """A network that finds no noise is right then: to 1e-10, in float64."""
    coordinates, topology = batch(conformers())
    clean = centred(coordinates.double(), topology)
    levels = torch.ones(len(topology.sizes), dtype=torch.float64)
    found = loss(lambda noisy, *_: torch.zeros_like(noisy), clean, clean @ ROTATION - clean, levels, topology)  # type: ignore[arg-type]
    assert found.abs().max() < 1e-10


def test_noise_does_not_depend_on_the_batch_or_on_the_order_of_atoms():
    """In float64, to 1e-10."""
    data = conformers()
    coordinates, topology = batch(data)
    field = network().double()
    coordinates = noisy(coordinates.double(), LEVELS, topology)
    together = field(coordinates, LEVELS, topology)
    alone, only = batch(data.slice(2, 3))
    place = topology.conformations == 2
    torch.testing.assert_close(field(coordinates[place], LEVELS[2:3], only), together[place], rtol=0, atol=1e-10)

    order = np.random.default_rng(0).permutation(len(alone))
    renumbered = Topologies(Graphs.of([_renumbered(data.graphs, 1, order)]), 3).batch(np.array([0]))
    found = field(coordinates[place][order], LEVELS[2:3], renumbered)
    torch.testing.assert_close(found, together[place][order], rtol=0, atol=1e-10)


def _renumbered(graphs: Graphs, graph: int, order: np.ndarray) -> Graph:
    bonds, orders = graphs.bonds_of(graph)
    new = np.argsort(order)[bonds]
    return Graph(graphs.types_of(graph)[order], graphs.charges_of(graph)[order], np.sort(new), orders, "")


def test_forces_are_the_chain_rule_from_distances_to_coordinates():
    """Against autograd, in float64 to 1e-10."""
    coordinates, topology = batch(conformers())
    coordinates = coordinates.double().requires_grad_()
    strengths = torch.randn(len(topology.first), dtype=torch.float64)
    between = displacements(coordinates, topology.first, topology.second)
    distances = lengths(between)
    (expected,) = torch.autograd.grad((strengths * distances).sum(), coordinates)
    forces = (strengths / distances)[:, None] * between
    found = to_atoms(forces, topology.first, topology.second, len(coordinates))
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-10)


def test_a_pair_that_reaches_the_cutoff_counts_for_nothing():
    """The noise of a pair fades as the square of what is left to the cutoff, here a thousandth of an angstrom."""
    pair = Graphs.of([Graph(np.array([10, 18]), np.zeros(2), np.empty((0, 2)), np.empty(0), "[Ne].[Ar]")])
    topology, field = Topologies(pair, 3).batch(np.array([0])), network().double()

    def noise(distance: float) -> float:
        coordinates = torch.tensor([[0.0, 0.0, 0.0], [distance, 0.0, 0.0]], dtype=torch.float64)
        return field(coordinates, LEVELS[2:3], topology).abs().max().item()

    assert noise(SIZES.cutoff + 1e-3) == 0
    assert 0 < noise(SIZES.cutoff - 1e-3) < 1e-6 * noise(SIZES.cutoff / 2)


def test_noise_does_not_multiply_from_layer_to_layer():
    """Twice the weights in six layers make it more than twice, and less than a hundred times, as large."""
    coordinates, topology = batch(conformers(SMILES[:1], 1))
    field = network(replace(SIZES, num_global=6))
    before = field(coordinates, torch.ones(1), topology).abs().max().item()
    with torch.no_grad():
        for weight in field.parameters():
            weight.mul_(2)
    after = field(coordinates, torch.ones(1), topology).abs().max().item()
    assert 2 * before < after < 100 * before


def test_alignment_is_the_best_rotation():
    """Against SciPy, in float64 to 1e-6 of an angstrom; a mirror image cannot be turned into its original."""
    coordinates, topology = batch(conformers())
    coordinates = centred(coordinates.double(), topology)
    torch.testing.assert_close(aligned(coordinates, coordinates @ ROTATION, topology), coordinates @ ROTATION)
    others = centred(noisy(coordinates, LEVELS, topology), topology)
    found = aligned(coordinates, others, topology)
    for number in range(len(topology.sizes)):
        place = topology.conformations == number
        rotation, _ = Rotation.align_vectors(others[place].numpy(), coordinates[place].numpy())
        expected = rotation.apply(coordinates[place].numpy())
        np.testing.assert_allclose(found[place].numpy(), expected, rtol=0, atol=1e-6)
    assert (aligned(coordinates, -coordinates, topology) + coordinates).abs().max() > 0.1


@pytest.mark.parametrize("edge_order", [1, 3, 4])
def test_bonded_pairs_are_those_within_some_bonds(edge_order):
    data = conformers()
    for graph in range(len(data.graphs)):
        molecule = to_rdkit(data.graphs, graph)
        topology = Topologies(data.graphs, edge_order).batch(np.array([graph]))
        bonds_apart = torch.from_numpy(Chem.GetDistanceMatrix(molecule))[topology.first, topology.second]
        assert (topology.first < topology.second).all()
        assert (bonds_apart <= edge_order).all()
        is_bond = bonds_apart == 1
        assert (topology.kinds[~is_bond] == len(BONDS) + bonds_apart[~is_bond] - 1).all()
        pairs = zip(topology.first[is_bond].tolist(), topology.second[is_bond].tolist(), strict=True)
        orders = [int(molecule.GetBondBetweenAtoms(first, second).GetBondType()) for first, second in pairs]
        assert topology.kinds[is_bond].tolist() == [BONDS[order] for order in orders]
        assert len(orders) == molecule.GetNumBonds()
        num_atoms = molecule.GetNumAtoms()
        assert len(topology.first) + len(topology.far_first) == num_atoms * (num_atoms - 1) / 2


def test_a_batch_is_its_molecules_end_to_end():
    topologies = Topologies(conformers().graphs, 3)
    parts = [topologies.batch(np.array([graph])) for graph in (2, 0, 2)]
    whole = topologies.batch(np.array([2, 0, 2]))
    offset = 0
    for number, part in enumerate(parts):
        pairs = _all_pairs(whole, offset, offset + len(part.types))
        assert (pairs - offset).tolist() == _all_pairs(part, 0, len(part.types)).tolist()
        assert (whole.conformations == number).sum() == whole.sizes[number] == len(part.types)
        offset += len(part.types)
    assert torch.cat([part.types for part in parts]).tolist() == whole.types.tolist()


def _all_pairs(topology, start, stop):
    pairs = torch.stack(
        [torch.cat([topology.first, topology.far_first]), torch.cat([topology.second, topology.far_second])]
    )
    return pairs[:, (pairs[0] >= start) & (pairs[0] < stop)]


def test_lonely_atoms_have_no_noise():
    graphs = Graphs.of([Graph(np.array([10]), np.zeros(1), np.empty((0, 2)), np.empty(0), "[Ne]")])
    topology = Topologies(graphs, 3).batch(np.array([0, 0]))
    field = network()
    assert field(torch.randn(2, 3), torch.ones(2), topology).tolist() == [[0, 0, 0], [0, 0, 0]]
    assert loss(field, torch.randn(2, 3), torch.randn(2, 3), torch.ones(2), topology).tolist() == [0, 0]


def test_parameters_are_counted_as_they_are():
    for sizes in (SIZES, replace(SIZES, width=24, num_global=3, num_local=1, edge_order=4)):
        assert sizes.num_parameters == sum(weight.numel() for weight in network(sizes).parameters())


def test_operations_are_those_of_the_layers():
    """Against a count at every layer for aspirin, to 10 %: how many of its pairs are bonded is taken from drugs."""
    total = 0.0

    def count(layer, inputs, _):
        nonlocal total
        total += 2.0 * layer.weight.numel() * len(inputs[0])

    sizes = replace(SIZES, cutoff=100.0)
    field = network(sizes)
    for layer in field.modules():
        if isinstance(layer, torch.nn.Linear):
            layer.register_forward_hook(count)
    coordinates, topology = batch(conformers(SMILES[:1], 1))
    field(coordinates, torch.ones(1), topology)
    assert sizes.forward_flops(len(topology.types)) == pytest.approx(total, rel=0.1)

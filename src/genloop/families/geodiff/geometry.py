"""Arithmetic on conformations whose atoms lie end to end: A atoms, B conformations, E pairs."""

import torch
from torch import Tensor

from genloop.families.geodiff.topology import Topology

SMALLEST = 1e-12  # squared angstrom; keeps the direction between coinciding atoms finite


def mean_of_atoms(values: Tensor, topology: Topology) -> Tensor:
    """Return the mean over the atoms of every conformation, shape (B, D), of values, shape (A, D)."""
    sums = values.new_zeros(len(topology.sizes), values.shape[1])
    return sums.index_add_(0, topology.conformations, values) / topology.sizes[:, None]


def centred(coordinates: Tensor, topology: Topology) -> Tensor:
    """Return coordinates, shape (A, 3), with the centre of every conformation at the origin."""
    return coordinates - mean_of_atoms(coordinates, topology).index_select(0, topology.conformations)


def aligned(coordinates: Tensor, others: Tensor, topology: Topology) -> Tensor:
    """Return centred coordinates rotated onto other centred ones, shape (A, 3), with the least squared distance.

    Kabsch (1976); reflections are no rotations.
    """
    products = coordinates[:, :, None] * others[:, None, :]
    covariances = mean_of_atoms(products.flatten(1), topology).view(-1, 3, 3)
    left, _, right = torch.linalg.svd(covariances)
    signs = torch.ones_like(left[:, 0])
    signs[:, 2] = torch.linalg.det(left @ right).sign()
    rotations = (left * signs[:, None, :]) @ right
    return torch.bmm(coordinates[:, None, :], rotations.index_select(0, topology.conformations))[:, 0]


def displacements(coordinates: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """Return what leads from the second atom of every pair to the first, shape (E, 3)."""
    return coordinates.index_select(0, first) - coordinates.index_select(0, second)


def lengths(vectors: Tensor) -> Tensor:
    """Return the lengths of vectors, shape (E, 3), as shape (E,)."""
    return (vectors.square().sum(1) + SMALLEST).sqrt()


def to_atoms(forces: Tensor, first: Tensor, second: Tensor, num_atoms: int) -> Tensor:
    """Return, for every atom, the sum of the forces along its pairs, shape (A, 3); they act on both ends, opposed.

    This is the chain rule from distances to coordinates, where a force, shape (E, 3), is the derivative by a distance
    times the direction of the pair.
    """
    atoms = forces.new_zeros(num_atoms, 3)
    return atoms.index_add_(0, first, forces).index_add_(0, second, -forces)

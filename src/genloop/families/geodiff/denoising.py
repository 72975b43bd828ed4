"""Conformations with noise of known size, and how far a network is from knowing that noise."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.families.geodiff.geometry import aligned, centred, mean_of_atoms
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.topology import Topologies, Topology

GOLDEN_RATIO = (5**0.5 - 1) / 2


class Noise:
    """Standard normal numbers; every conformation has a stream of its own, whatever batch it is in.

    Args:
        seed: of all streams.
        numbers: of the conformations, shape (B,).
        sizes: atoms of every conformation, shape (B,).
    """

    def __init__(self, seed: int, numbers: np.ndarray, sizes: np.ndarray) -> None:
        self._streams = [np.random.Generator(np.random.Philox(key=[seed, number])) for number in numbers]
        self._sizes = sizes

    def draw(self) -> Tensor:
        """Return the next numbers of every atom, shape (A, 3)."""
        pairs = zip(self._streams, self._sizes, strict=True)
        return torch.from_numpy(
            np.concatenate([stream.standard_normal((size, 3), np.float32) for stream, size in pairs])
        )


@dataclass(frozen=True)
class Denoising:
    """The task of a GeoDiff network.

    Attributes:
        schedule: of the noise.
        topologies: of the molecules.
        data: their conformations.
        seed: of the noise.
    """

    schedule: Schedule
    topologies: Topologies
    data: MoleculeDataset
    seed: int

    def losses(self, network: GeoDiffNetwork, indices: np.ndarray, numbers: np.ndarray) -> Tensor:
        """Return the mean squared error of the noise of some conformations, over atoms and directions, shape (B,).

        A network that says nothing has a loss near 1 where there is little noise. The noise to be found is that of the
        conformation after it was rotated onto the noisy one, for its orientation cannot be known (section 4.3 of
        Xu et al. 2022, the alignment approach); every step of diffusion has the same weight.

        Args:
            network: finds the noise.
            indices: of the conformations in the data, shape (B,).
            numbers: decide which noise each meets, shape (B,).
        """
        read = self.data.read(indices)
        topology = self.topologies.batch(read.graph_ids)
        levels = torch.from_numpy(self.levels(numbers).astype(np.float32))
        noise = Noise(self.seed, numbers, np.diff(read.offsets)).draw()
        arrays = (torch.from_numpy(read.coordinates), noise, levels)
        coordinates, noise, levels = (array.to(network.device) for array in arrays)
        return loss(network, coordinates, noise, levels, topology.to(network.device))

    def levels(self, numbers: np.ndarray) -> np.ndarray:
        """Return noise levels, shape (B,): consecutive numbers meet levels from all over the schedule."""
        start = np.random.Generator(np.random.Philox(self.seed)).random()
        fractions = (start + numbers * GOLDEN_RATIO) % 1
        return self.schedule.levels[(fractions * self.schedule.num_steps).astype(np.int64)]


def loss(network: GeoDiffNetwork, coordinates: Tensor, noise: Tensor, levels: Tensor, topology: Topology) -> Tensor:
    """Return the mean squared error of the noise of every conformation, shape (B,).

    Args:
        network: finds the noise.
        coordinates: without noise, in angstrom, shape (A, 3).
        noise: standard normal numbers, shape (A, 3).
        levels: of the noise in angstrom, shape (B,).
        topology: of the conformations.
    """
    atom_levels = levels.index_select(0, topology.conformations)[:, None]
    clean = centred(coordinates, topology)
    noisy = clean + atom_levels * centred(noise, topology)
    target = (noisy - aligned(clean, noisy, topology)) / atom_levels
    errors = (network(noisy, levels, topology) - target).square()
    return mean_of_atoms(errors, topology).mean(dim=1)

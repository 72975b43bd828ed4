"""The network of GeoDiff: the noise of a conformation, through distances, from a global and a local field.

A atoms, E edges of which the first are bonded, B conformations.
"""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genloop.families.geodiff.fields import Edges, Field, GINLayer, SchNetLayer
from genloop.families.geodiff.geometry import displacements, lengths, to_atoms
from genloop.families.geodiff.sizes import NUM_GAUSSIANS, Sizes
from genloop.families.geodiff.topology import NEAR, Topology

SMALLEST_EXPONENT = -30.0  # what underflows takes ten times as long


class GeoDiffNetwork(nn.Module):
    """The noise epsilon(G, C^t, t) of Xu et al. (2022), equations 5 to 7, for molecular graphs G.

    A global field sees the bonded edges, those up to `edge_order` bonds long, and every pair closer than the cutoff; a
    local field sees the bonded edges alone. Both give every edge a number, which moves its two atoms along the line
    between them, and the noise is the sum. It turns and moves with the conformation. Mirror images have mirrored
    noise, so the network does not tell a molecule from its mirror image.

    Of the noise level, which the paper writes as t, the edges are told the logarithm.

    Args:
        sizes: of the network.
        seed: of the initial weights.
    """

    def __init__(self, sizes: Sizes, *, seed: int) -> None:
        super().__init__()
        width = sizes.width
        self.sizes = sizes
        self.global_field = Field(sizes, [SchNetLayer(width) for _ in range(sizes.num_global)])
        self.local_field = Field(sizes, [GINLayer(width) for _ in range(sizes.num_local)])
        self._initialise(seed)

    def _initialise(self, seed: int) -> None:
        generator = torch.Generator().manual_seed(seed)
        for layer in self.modules():
            if isinstance(layer, nn.Linear):
                nn.init.kaiming_uniform_(layer.weight, a=5**0.5, generator=generator)
                nn.init.zeros_(layer.bias)
            if isinstance(layer, nn.Embedding):
                nn.init.normal_(layer.weight, generator=generator)

    @property
    def device(self) -> torch.device:
        return self.global_field.types.weight.device

    def forward(self, coordinates: Tensor, levels: Tensor, topology: Topology) -> Tensor:
        """Return the noise of every atom in standard deviations, shape (A, 3), with its mean at the origin.

        Args:
            coordinates: C^0 + sigma noise in angstrom, shape (A, 3).
            levels: sigma of every conformation in angstrom, shape (B,).
            topology: of the conformations.
        """
        num_bonded = len(topology.first)
        first, second, kinds = self._edges(coordinates, topology)
        between = displacements(coordinates, first, second)  # (E, 3)
        distances = lengths(between)
        levels = levels.index_select(0, topology.conformations.index_select(0, first))  # (E,)
        fading = (torch.cos(distances.clamp(max=self.sizes.cutoff) * (math.pi / self.sizes.cutoff)) + 1) / 2
        reach = torch.where(kinds == NEAR, fading, 1.0)[:, None]
        edges = Edges(first, second, self._features(distances, levels, kinds), reach)
        bonded = Edges(*(part[:num_bonded] for part in edges))

        strengths = self.global_field(topology.types, edges)  # (E, 1)
        strengths = torch.cat(
            [strengths[:num_bonded] + self.local_field(topology.types, bonded), strengths[num_bonded:]]
        )
        return to_atoms(strengths * between / distances[:, None], first, second, len(coordinates))

    def _edges(self, coordinates: Tensor, topology: Topology) -> tuple[Tensor, Tensor, Tensor]:
        """Return the pairs of atoms that are edges, bonded ones first, and their kinds."""
        distances = lengths(displacements(coordinates, topology.far_first, topology.far_second))
        near = (distances < self.sizes.cutoff).nonzero()[:, 0]
        first = torch.cat([topology.first, topology.far_first.index_select(0, near)])
        second = torch.cat([topology.second, topology.far_second.index_select(0, near)])
        kinds = torch.cat([topology.kinds, torch.full_like(near, NEAR)])
        return first, second, kinds

    def _features(self, distances: Tensor, levels: Tensor, kinds: Tensor) -> Tensor:
        """Return what the fields are told of edges, shape (E, D).

        That is the distance, spread over Gaussians and, for those beyond the cutoff, as it is in C^t, the noise level
        and the kind.
        """
        numbers = torch.arange(NUM_GAUSSIANS, device=distances.device, dtype=distances.dtype)
        offsets = (distances * (NUM_GAUSSIANS / self.sizes.cutoff))[:, None] - numbers  # (E, Gaussian)
        gaussians = torch.exp((offsets.square() / -2).clamp(min=SMALLEST_EXPONENT))
        scaled = distances / (1 + levels.square()).sqrt()
        one_hot = F.one_hot(kinds, self.sizes.num_kinds).to(distances.dtype)
        return torch.cat([gaussians, scaled[:, None], levels.log()[:, None], one_hot], dim=1)

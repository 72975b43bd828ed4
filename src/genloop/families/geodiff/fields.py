"""Graph fields: networks that give every edge of a molecule a number, which does not depend on how it is turned.

A atoms, E edges, W width. Edges are undirected; every message is sent both ways.
"""

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genloop.families.geodiff.sizes import NUM_TYPES, Sizes


class Edges(NamedTuple):
    """Pairs of atoms, and what a field is told of them."""

    first: Tensor  # (E,)
    second: Tensor  # (E,)
    features: Tensor  # (E, D)
    reach: Tensor  # (E, 1), how much an edge counts; 0 where it ends


class Layers(nn.Sequential):
    """Linear layers with SiLU between them."""

    def __init__(self, *widths: int) -> None:
        layers = [[nn.Linear(a, b), nn.SiLU()] for a, b in pairwise(widths)]
        super().__init__(*[layer for pair in layers for layer in pair][:-1])


class SchNetLayer(nn.Module):
    """Continuous-filter convolution (Schütt et al. 2017): h_i + f(sum_j filter_ij * g(h_j))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.filter = Layers(width, width, width)
        self.start = nn.Linear(width, width)
        self.update = Layers(width, width, width)

    def forward(self, atoms: Tensor, edges: Edges, edge_states: Tensor) -> Tensor:
        filters = self.filter(edge_states) * edges.reach  # (E, W)
        return atoms + self.update(_exchanged(self.start(normalised(atoms)), edges, filters.mul))


class GINLayer(nn.Module):
    """Graph isomorphism layer with edge features (Hu et al. 2020): h_i + f((1 + eps) h_i + sum_j relu(h_j + e_ij))."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.excess = nn.Parameter(torch.zeros(()))
        self.update = Layers(width, width, width)

    def forward(self, atoms: Tensor, edges: Edges, edge_states: Tensor) -> Tensor:
        states = normalised(atoms)
        messages = _exchanged(states, edges, lambda others: F.relu(others + edge_states))
        return atoms + self.update((1 + self.excess) * states + messages)


class Field(nn.Module):
    """Layers that let atoms exchange messages along edges, after which every edge is given its number.

    Args:
        sizes: of the network.
        layers: what exchanges messages.
    """

    def __init__(self, sizes: Sizes, layers: Iterable[nn.Module]) -> None:
        super().__init__()
        width = sizes.width
        self.types = nn.Embedding(NUM_TYPES, width)
        self.edges = Layers(sizes.num_features, width, width)
        self.layers = nn.ModuleList(layers)
        self.strength = Layers(2 * width, width, width, 1)

    def forward(self, types: Tensor, edges: Edges) -> Tensor:
        """Return a number for every edge, shape (E, 1)."""
        atoms, states = self.types(types), self.edges(edges.features)  # (A, W), (E, W)
        for layer in self.layers:
            atoms = layer(atoms, edges, states)
        atoms = normalised(atoms)
        both = atoms.index_select(0, edges.first) * atoms.index_select(0, edges.second)
        return self.strength(torch.cat([both, states], dim=1)) * edges.reach


def normalised(states: Tensor) -> Tensor:
    """Return states, shape (A, W), each with mean 0 and variance 1 over its width.

    Without it, sums over neighbours multiply from layer to layer where atoms are more crowded than in any molecule, and
    a sample that comes there never finds out. GeoDiff has none.
    """
    return F.layer_norm(states, states.shape[1:])


def _exchanged(atoms: Tensor, edges: Edges, message: Callable[[Tensor], Tensor]) -> Tensor:
    """Return the sum of what every atom is sent, shape (A, W): along each edge, a function of the other atom."""
    received = torch.zeros_like(atoms).index_add_(0, edges.first, message(atoms.index_select(0, edges.second)))
    return received.index_add_(0, edges.second, message(atoms.index_select(0, edges.first)))

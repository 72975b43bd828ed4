"""GeoDiff's network with torch-geometric, as a competent user writes it from the paper.

Its layers are `MessagePassing`, its edges are directed, and each batch builds its graph: bonded pairs up to three bonds
apart from powers of the adjacency matrix, pairs within the cutoff from all distances. It has the weights of genloop's
network under the same names, so that both can be shown to compute the same.
"""

import math
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch_geometric.data import Data
from torch_geometric.nn import MessagePassing
from torch_geometric.utils import scatter, to_dense_adj

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.sizes import NUM_BONDS, NUM_GAUSSIANS, NUM_TYPES, Sizes
from genloop.families.geodiff.topology import BONDS


def conformations(data: MoleculeDataset) -> list[Any]:
    """Return what a `DataLoader` of torch-geometric batches: atoms, bonds in both directions, coordinates."""
    graphs, found = data.graphs, []
    for index in range(len(data)):
        graph = int(data.graph_ids(np.array([index]))[0])
        bonds, orders = (torch.from_numpy(array.astype("int64")) for array in graphs.bonds_of(graph))
        kinds = torch.tensor([BONDS[order] for order in orders.tolist()])
        found.append(
            Data(
                types=torch.from_numpy(graphs.types_of(graph).astype("int64")),
                edge_index=torch.cat([bonds, bonds.flip(1)]).T.contiguous(),
                edge_attr=torch.cat([kinds, kinds]),
                pos=torch.from_numpy(data.coordinates(index).copy()),
                num_nodes=graphs.num_atoms(graph),
            )
        )
    return found


def layers(*widths: int) -> nn.Sequential:
    found = [layer for a, b in pairwise(widths) for layer in (nn.Linear(a, b), nn.SiLU())]
    return nn.Sequential(*found[:-1])


def normalised(x: Tensor) -> Tensor:
    return F.layer_norm(x, x.shape[1:])


class SchNetConvolution(MessagePassing):
    def __init__(self, width: int) -> None:
        super().__init__(aggr="add")
        self.filter = layers(width, width, width)
        self.start = nn.Linear(width, width)
        self.update_atoms = layers(width, width, width)

    def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, reach: Tensor) -> Tensor:
        filters = self.filter(edge_attr) * reach
        return x + self.update_atoms(self.propagate(edge_index, x=self.start(normalised(x)), filters=filters))

    def message(self, x_j: Tensor, filters: Tensor) -> Tensor:  # type: ignore[override]
        return x_j * filters


class GINConvolution(MessagePassing):
    def __init__(self, width: int) -> None:
        super().__init__(aggr="add")
        self.excess = nn.Parameter(torch.zeros(()))
        self.update_atoms = layers(width, width, width)

    def forward(self, x: Tensor, edge_index: Tensor, edge_attr: Tensor, reach: Tensor) -> Tensor:
        states = normalised(x)
        received = self.propagate(edge_index, x=states, edge_attr=edge_attr)
        return x + self.update_atoms((1 + self.excess) * states + received)

    def message(self, x_j: Tensor, edge_attr: Tensor) -> Tensor:  # type: ignore[override]
        return F.relu(x_j + edge_attr)


class GeometricField(nn.Module):
    def __init__(self, sizes: Sizes, convolutions: list[nn.Module]) -> None:
        super().__init__()
        width = sizes.width
        self.types = nn.Embedding(NUM_TYPES, width)
        self.edges = layers(sizes.num_features, width, width)
        self.layers = nn.ModuleList(convolutions)
        self.strength = layers(2 * width, width, width, 1)

    def forward(self, types: Tensor, edge_index: Tensor, features: Tensor, reach: Tensor) -> Tensor:
        x, edge_attr = self.types(types), self.edges(features)
        for layer in self.layers:
            x = layer(x, edge_index, edge_attr, reach)
        x = normalised(x)
        source, target = edge_index
        return self.strength(torch.cat([x[source] * x[target], edge_attr], dim=1)) * reach


class GeometricNetwork(nn.Module):
    def __init__(self, sizes: Sizes) -> None:
        super().__init__()
        self.sizes = sizes
        self.global_field = GeometricField(sizes, [SchNetConvolution(sizes.width) for _ in range(sizes.num_global)])
        self.local_field = GeometricField(sizes, [GINConvolution(sizes.width) for _ in range(sizes.num_local)])

    def forward(self, pos: Tensor, levels: Tensor, batch: Any) -> Tensor:
        """Return the noise of every atom, shape (A, 3), as genloop's network does."""
        edge_index, kinds = self._edges(pos, batch)
        source, target = edge_index
        between = pos[target] - pos[source]
        distances = between.norm(dim=1)
        is_bonded = kinds > 0
        fading = (torch.cos(distances.clamp(max=self.sizes.cutoff) * math.pi / self.sizes.cutoff) + 1) / 2
        reach = torch.where(is_bonded, 1.0, fading)[:, None]
        features = self._features(distances, levels[batch.batch[source]], kinds)
        strengths = self.global_field(batch.types, edge_index, features, reach)
        bonded = (edge_index[:, is_bonded], features[is_bonded], reach[is_bonded])
        strengths = strengths.index_add(0, is_bonded.nonzero()[:, 0], self.local_field(batch.types, *bonded))
        forces = strengths * between / distances[:, None]
        return scatter(forces, target, dim=0, dim_size=len(pos), reduce="sum")

    def copy_weights(self, network: GeoDiffNetwork) -> None:
        """Take the weights of genloop's network; `update` is a method of `MessagePassing`."""
        self.load_state_dict(
            {name.replace(".update.", ".update_atoms."): w for name, w in network.state_dict().items()}
        )

    def _edges(self, pos: Tensor, batch: Any) -> tuple[Tensor, Tensor]:
        """Return the directed edges of a batch and their kinds, 0 for those that are only near."""
        kinds = to_dense_adj(batch.edge_index, batch.batch, batch.edge_attr)  # (B, N, N)
        adjacent = (kinds > 0).float()
        reached = adjacent + torch.eye(adjacent.shape[1])
        for num_bonds in range(2, self.sizes.edge_order + 1):
            within = reached @ adjacent
            kinds = torch.where((within > 0) & (reached == 0), NUM_BONDS + num_bonds - 1, kinds)
            reached = reached + within

        places = torch.arange(len(pos)) - batch.ptr[batch.batch]
        is_same = batch.batch[:, None] == batch.batch[None, :]
        kinds = kinds[batch.batch[:, None], places[:, None], places[None, :]]
        is_near = torch.cdist(pos, pos) < self.sizes.cutoff
        is_edge = is_same & (is_near | (kinds > 0))
        is_edge.fill_diagonal_(False)
        edge_index = is_edge.nonzero().T
        return edge_index, kinds[edge_index[0], edge_index[1]]

    def _features(self, distances: Tensor, levels: Tensor, kinds: Tensor) -> Tensor:
        centres = torch.arange(NUM_GAUSSIANS) * (self.sizes.cutoff / NUM_GAUSSIANS)
        offsets = (distances[:, None] - centres) * (NUM_GAUSSIANS / self.sizes.cutoff)
        gaussians = torch.exp(-offsets.square() / 2)
        scaled = distances / (1 + levels.square()).sqrt()
        one_hot = F.one_hot(kinds, self.sizes.num_kinds).float()
        return torch.cat([gaussians, scaled[:, None], levels.log()[:, None], one_hot], dim=1)

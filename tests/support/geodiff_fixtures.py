"""Small molecules and a small network for the tests of GeoDiff."""

from collections.abc import Sequence

import numpy as np
import torch
from molecule_fixtures import embedded
from torch import Tensor

from genloop.data.molecules.chemistry import to_ensemble
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.graphs import Graphs
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.sizes import Sizes
from genloop.families.geodiff.topology import Topologies, Topology
from genloop.types import Context, Runtime

CONTEXT = Context(Runtime(device="cpu", threads=1))
SIZES = Sizes(width=16, num_global=2, num_local=2, cutoff=6.0, edge_order=3)
SMALL = GeoDiff(width=8, num_global=1, num_local=1, batch=4, num_steps=10, learning_rate=5e-3)
SMILES = ("CC(=O)Oc1ccccc1C(=O)O", "CCO", "C#CC[NH3+]")


def conformers(smiles: Sequence[str] = SMILES, num: int = 2) -> MoleculeDataset:
    """Return conformers of molecules, molecule by molecule."""
    ensembles = [to_ensemble(embedded(name, num)) for name in smiles]
    graph_ids = np.repeat(np.arange(len(ensembles)), num)
    coordinates = np.concatenate([ensemble.coordinates.reshape(-1, 3) for ensemble in ensembles])
    return MoleculeDataset.of(Graphs.of([ensemble.graph for ensemble in ensembles]), graph_ids, coordinates)


def batch(data: MoleculeDataset, edge_order: int = 3) -> tuple[Tensor, Topology]:
    """Return the coordinates, shape (A, 3), and the topology of all conformations."""
    read = data.read(np.arange(len(data)))
    return torch.from_numpy(read.coordinates), Topologies(data.graphs, edge_order).batch(read.graph_ids)


def network(sizes: Sizes = SIZES, seed: int = 0) -> GeoDiffNetwork:
    return GeoDiffNetwork(sizes, seed=seed)


def noisy(coordinates: Tensor, levels: Tensor, topology: Topology, seed: int = 0) -> Tensor:
    noise = torch.randn(coordinates.shape, generator=torch.Generator().manual_seed(seed), dtype=coordinates.dtype)
    return coordinates + levels.index_select(0, topology.conformations)[:, None] * noise

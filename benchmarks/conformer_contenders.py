"""Training and sampling a GeoDiff: genloop's way, and a plain loop over torch-geometric with the same network.

    python benchmarks/conformer_contenders.py FUNCTION SIZE THREADS FOLDER

prints the median rate, in conformations a second, as JSON. Before, `prepare` writes molecules to FOLDER, and `weights`
a model that has begun to learn: an untrained one leaves atoms so far apart that there are few edges to compute.
"""

import json
import statistics
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import torch
from geometric_network import GeometricNetwork, conformations
from torch import Tensor
from torch_geometric.data import Batch
from torch_geometric.loader import DataLoader
from torch_geometric.utils import scatter

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.drug_like import DrugLike
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.topology import Topologies
from genloop.types import Context, Runtime

SIZES = {
    "study": GeoDiff(num_steps=12),
    "laptop": GeoDiff(width=32, num_global=3, num_local=2, batch=16, num_steps=60),
}
NUM_SAMPLED = {"study": 32, "laptop": 128}
WARM_UP_STEPS = 3
SOURCE = DrugLike(num_molecules=150, num_conformers=1)


def prepare(size: str, threads: int, folder: Path) -> float:
    SOURCE.prepare(folder, Context(Runtime("cpu", threads)))
    return len(data(folder))


def data(folder: Path) -> MoleculeDataset:
    return SOURCE.open(folder).prepared("train")


def weights(size: str, threads: int, folder: Path) -> float:
    (folder / size).mkdir()
    estimator = replace(SIZES[size], num_steps=60, learning_rate=5e-3)
    estimator.fit(data(folder), seed=0, context=Context(Runtime("cpu", threads))).save(folder / size)
    return estimator.resolved_steps(0)


def agreement(size: str, threads: int, folder: Path) -> float:
    """Return the largest difference between the noise that both networks find, in standard deviations."""
    some, sizes = data(folder).slice(0, 8), SIZES[size].sizes
    ours, theirs = GeoDiffNetwork(sizes, seed=0), GeometricNetwork(sizes)
    theirs.copy_weights(ours)
    levels = torch.tensor([0.01, 0.05, 0.2, 0.5, 1.0, 2.0, 5.0, 12.0])
    batch: Any = Batch.from_data_list(conformations(some))
    noisy = batch.pos + levels[batch.batch][:, None] * torch.randn(batch.pos.shape)
    topology = Topologies(some.graphs, sizes.edge_order).batch(some.graph_ids(np.arange(8)))
    with torch.inference_mode():
        return (ours(noisy, levels, topology) - theirs(noisy, levels, batch)).abs().max().item()


def train_genloop(size: str, threads: int, folder: Path) -> float:
    times: list[float] = []
    context = Context(Runtime("cpu", threads), report=lambda _: times.append(time.perf_counter()))
    SIZES[size].fit(data(folder), seed=0, context=context)
    return _rate(times, SIZES[size].batch)


def train_geometric(size: str, threads: int, folder: Path) -> float:
    torch.set_num_threads(threads)
    estimator = SIZES[size]
    network = GeometricNetwork(estimator.sizes)
    optimiser = torch.optim.AdamW(network.parameters(), lr=estimator.learning_rate)
    loader = DataLoader(conformations(data(folder)), estimator.batch, shuffle=True, drop_last=True)
    levels = torch.from_numpy(estimator.schedule.levels).float()
    times = []
    while len(times) < estimator.resolved_steps(0):
        for batch in loader:
            level = levels[torch.randint(len(levels), (batch.num_graphs,))]
            loss = _loss(network, batch, level)
            optimiser.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(network.parameters(), estimator.clip)
            optimiser.step()
            loss.item()  # to print it
            times.append(time.perf_counter())
    return _rate(times, estimator.batch)


def _loss(network: GeometricNetwork, batch: Any, level: Tensor) -> Tensor:
    atom_level = level[batch.batch][:, None]
    clean = _centred(batch.pos, batch)
    noisy = clean + atom_level * _centred(torch.randn_like(clean), batch)
    covariances = scatter(clean[:, :, None] * noisy[:, None, :], batch.batch, dim=0)
    left, _, right = torch.linalg.svd(covariances)
    left[:, :, 2] *= torch.det(left @ right).sign()[:, None]
    turned = (clean[:, None, :] @ (left @ right)[batch.batch])[:, 0]
    return (network(noisy, level, batch) - (noisy - turned) / atom_level).square().mean()


def _centred(values: Tensor, batch: Any) -> Tensor:
    return values - scatter(values, batch.batch, dim=0, reduce="mean")[batch.batch]


def sample_genloop(size: str, threads: int, folder: Path) -> float:
    context = Context(Runtime("cpu", threads))
    model = SIZES[size].load(folder / size, SOURCE.open(folder), context)
    model.sample(4, seed=0, context=context)
    start = time.perf_counter()
    model.sample(NUM_SAMPLED[size], seed=1, context=context)
    return NUM_SAMPLED[size] / (time.perf_counter() - start)


@torch.inference_mode()
def sample_geometric(size: str, threads: int, folder: Path) -> float:
    torch.set_num_threads(threads)
    estimator = SIZES[size]
    network = GeometricNetwork(estimator.sizes)
    network.copy_weights(estimator.load(folder / size, SOURCE.open(folder), Context()).network)
    levels = estimator.schedule.descent(estimator.sampling.num_steps).tolist()
    loader = DataLoader(conformations(data(folder).slice(0, NUM_SAMPLED[size])), estimator.batch)
    start = time.perf_counter()
    for batch in loader:
        pos = levels[0] * _centred(torch.randn_like(batch.pos), batch)
        for level, following in pairwise(levels):
            noise = network(pos, torch.full((batch.num_graphs,), level), batch)
            noise = noise * (estimator.sampling.clip / noise.norm(dim=1, keepdim=True)).clamp(max=1)
            pos = pos - (level - following**2 / level) * noise
            fresh = (following**2 - following**4 / level**2) ** 0.5
            pos = pos + fresh * _centred(torch.randn_like(pos), batch)
    return NUM_SAMPLED[size] / (time.perf_counter() - start)


def _rate(times: list[float], batch: int) -> float:
    return batch / statistics.median(np.diff(times[WARM_UP_STEPS:]).tolist())


if __name__ == "__main__":
    function, size, threads, folder = sys.argv[1:]
    print(json.dumps({"rate": globals()[function](size, int(threads), Path(folder))}))

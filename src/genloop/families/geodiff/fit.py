"""Fitting a GeoDiff network to conformations."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.families.fitting import Fitting
from genloop.families.geodiff.denoising import Denoising
from genloop.families.geodiff.generate import AT_ONCE
from genloop.families.geodiff.model import GeoDiffModel
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.sampling import Sampling
from genloop.families.geodiff.schedule import Schedule
from genloop.families.geodiff.topology import Topologies
from genloop.families.neural import loss_shares
from genloop.families.workers import Workers
from genloop.identity import derive_seed


def fit_geodiff(
    fitting: Fitting[GeoDiffNetwork], data: MoleculeDataset, *, schedule: Schedule, sampling: Sampling
) -> GeoDiffModel:
    """Return the model that fits `data`: it finds noise of `schedule`, and draws by `sampling`."""
    network, device, batch = fitting.network, fitting.device, fitting.estimator.batch
    topologies = Topologies(data.graphs, network.sizes.edge_order)
    task = Denoising(schedule, topologies, data, derive_seed(fitting.seed, "noise"))
    mean_weight = data.weights.mean(dtype=np.float64)

    def loss_of(indices: np.ndarray, numbers: np.ndarray, shares: np.ndarray) -> Tensor:
        return task.losses(network, indices, numbers) @ torch.from_numpy(shares).to(device)

    with Workers(device) as workers:
        at_once = min(AT_ONCE[device.type], math.ceil(batch / workers.num))

        def micro_losses(step: int, rows: np.ndarray) -> list[Callable[[], Tensor]]:
            numbers = np.arange(len(rows)) + step * batch
            shares = loss_shares(data.weights[rows], mean_weight)
            parts = [slice(begin, begin + at_once) for begin in range(0, len(rows), at_once)]
            return [partial(loss_of, rows[part], numbers[part], shares[part]) for part in parts]

        record = fitting.train(micro_losses, workers)
    return GeoDiffModel(network, schedule, sampling, data.graphs, data.graph_ids(np.arange(len(data))), record)

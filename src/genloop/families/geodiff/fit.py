"""Fitting a GeoDiff network to conformations, from initial weights or from those of a fitted model."""

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.families.devices import prepare_device
from genloop.families.geodiff.denoising import Denoising
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.generate import AT_ONCE
from genloop.families.geodiff.model import GeoDiffModel
from genloop.families.geodiff.network import GeoDiffNetwork
from genloop.families.geodiff.topology import Topologies
from genloop.families.neural import loss_shares, rows_of_step
from genloop.families.training import train
from genloop.families.weights import copy_weights, weights_digest
from genloop.families.workers import Workers
from genloop.identity import derive_seed, digest
from genloop.types import Context


def fit_geodiff(
    estimator: GeoDiff, data: MoleculeDataset, *, start: GeoDiffModel | None = None, seed: int, context: Context
) -> GeoDiffModel:
    """Return `estimator` fitted to `data`; the weights start from those of `start`, or from the seed.

    Raises:
        UserError: if the device is absent, or `start` has other sizes.
    """
    device = prepare_device(context.runtime)
    network = GeoDiffNetwork(estimator.sizes, seed=seed)
    computation: list[Any] = ["fit", estimator.fit_identity(len(data)), len(data), seed]
    if start is not None:
        copy_weights(start.network, network, "GeoDiff")
        computation.append(weights_digest(network))
    network.to(device)
    topologies = Topologies(data.graphs, estimator.edge_order)
    task = Denoising(estimator.schedule, topologies, data, derive_seed(seed, "noise"))
    mean_weight = data.weights.mean(dtype=np.float64)

    def loss_of(indices: np.ndarray, numbers: np.ndarray, shares: np.ndarray) -> Tensor:
        return task.losses(network, indices, numbers) @ torch.from_numpy(shares).to(device)

    with Workers(device) as workers:
        at_once = min(AT_ONCE[device.type], math.ceil(estimator.batch / workers.num))

        def micro_losses(step: int) -> list[Callable[[], Tensor]]:
            rows = rows_of_step(step, batch=estimator.batch, num_rows=len(data), seed=seed)
            numbers = np.arange(len(rows)) + step * estimator.batch
            shares = loss_shares(data.weights[rows], mean_weight)
            parts = [slice(begin, begin + at_once) for begin in range(0, len(rows), at_once)]
            return [partial(loss_of, rows[part], numbers[part], shares[part]) for part in parts]

        record = train(
            network,
            micro_losses,
            estimator.optimisation(len(data)),
            workers=workers,
            examples_per_step=estimator.batch,
            owner=digest(computation),
            context=context,
        )
    graph_ids = data.graph_ids(np.arange(len(data)))
    return GeoDiffModel(network, estimator.schedule, estimator.sampling, data.graphs, graph_ids, record)

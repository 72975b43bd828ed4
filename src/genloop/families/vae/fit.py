"""Fitting a variational autoencoder, from initial weights or from those of a fitted model."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from genloop.data.images.dataset import ImageDataset
from genloop.families.devices import prepare_device
from genloop.families.neural import loss_shares, rows_of_step
from genloop.families.training import train
from genloop.families.vae.estimator import VAE
from genloop.families.vae.model import VAEModel, as_values
from genloop.families.vae.network import VAENetwork, reconstruction_loss
from genloop.families.weights import copy_weights, weights_digest
from genloop.families.workers import Workers
from genloop.identity import derive_seed, digest
from genloop.types import Context


def fit_vae(
    estimator: VAE, data: ImageDataset, *, start: VAEModel | None = None, seed: int, context: Context
) -> VAEModel:
    """Return `estimator` fitted to `data`; the weights start from those of `start`, or from the seed.

    Raises:
        UserError: if the images have an unsuitable shape, the device is absent, or `start` has other sizes.
    """
    estimator.check_shape(data.shape)
    device = prepare_device(context.runtime)
    network = VAENetwork(data.shape, estimator.channels, estimator.latent, seed=seed)
    computation: list[Any] = ["fit", estimator.fit_identity(len(data)), len(data), seed]
    if start is not None:
        copy_weights(start.network, network, "VAE")
        computation.append(weights_digest(network))
    network.to(device)
    mean_weight = data.weights.mean(dtype=np.float64)

    def loss_of(indices: np.ndarray, shares: np.ndarray, noise_seed: int) -> Tensor:
        images = as_values(data.read(indices), device)
        noise = torch.randn(len(indices), estimator.latent, generator=torch.Generator().manual_seed(noise_seed))
        with torch.autocast(device.type, torch.bfloat16, enabled=estimator.precision == "bfloat16"):
            posterior = network.encode(images)
            decoded = network.decode(posterior.draw(noise.to(device)))
        losses = reconstruction_loss(images, decoded.float(), estimator.noise) + estimator.kl_weight * posterior.kl()
        return (losses * torch.from_numpy(shares).to(device)).sum() / images[0].numel()

    with Workers(device, alone=True) as workers:

        def micro_losses(step: int) -> list[Callable[[], Tensor]]:
            rows = rows_of_step(step, batch=estimator.batch, num_rows=len(data), seed=seed)
            shares = loss_shares(data.weights[rows], mean_weight)
            return [partial(loss_of, rows, shares, derive_seed(seed, step))]

        record = train(
            network,
            micro_losses,
            estimator.optimisation(len(data)),
            workers=workers,
            examples_per_step=estimator.batch,
            owner=digest(computation),
            context=context,
        )
    return VAEModel(network, estimator.noise, record)

"""Fitting a variational autoencoder to images."""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from genloop.data.images.dataset import ImageDataset
from genloop.families.fitting import Fitting
from genloop.families.neural import loss_shares
from genloop.families.vae.model import VAEModel, as_values
from genloop.families.vae.network import VAENetwork, reconstruction_loss
from genloop.families.workers import Workers
from genloop.identity import derive_seed


def fit_vae(fitting: Fitting[VAENetwork], data: ImageDataset, *, noise: float, kl_weight: float) -> VAEModel:
    """Return the model that fits `data`; `noise` and `kl_weight` as in `VAE`."""
    network, device = fitting.network, fitting.device
    mean_weight = data.weights.mean(dtype=np.float64)

    def loss_of(indices: np.ndarray, shares: np.ndarray, noise_seed: int) -> Tensor:
        images = as_values(data.read(indices), device)
        code_noise = torch.randn(
            len(indices), network.sizes.latent, generator=torch.Generator().manual_seed(noise_seed)
        )
        with fitting.autocast():
            posterior = network.encode(images)
            decoded = network.decode(posterior.draw(code_noise.to(device)))
        losses = reconstruction_loss(images, decoded.float(), noise) + kl_weight * posterior.kl()
        return (losses * torch.from_numpy(shares).to(device)).sum() / images[0].numel()

    def micro_losses(step: int, rows: np.ndarray) -> list[Callable[[], Tensor]]:
        shares = loss_shares(data.weights[rows], mean_weight)
        return [partial(loss_of, rows, shares, derive_seed(fitting.seed, step))]

    with Workers(device, alone=True) as workers:
        record = fitting.train(micro_losses, workers)
    return VAEModel(network, noise, record)

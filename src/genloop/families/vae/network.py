"""The networks of a variational autoencoder: B images of S channels in, a code of L dimensions between.

No normalisation of activations: a model is its weights alone, and an image's loss does not depend on its batch.
"""

import math
from itertools import pairwise
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from genloop.families.vae.sizes import DOWN, UP, Sizes

LOG_2PI = math.log(2 * math.pi)
LARGEST_LOG_VARIANCE = 10.0  # of a posterior, either way: its exponential stays finite


class Posterior(NamedTuple):
    """A Gaussian of independent dimensions for every image."""

    mean: Tensor  # (B, L)
    log_variance: Tensor  # (B, L)

    def draw(self, noise: Tensor) -> Tensor:
        """Return codes, given standard normal numbers of the same shape."""
        return self.mean + (self.log_variance / 2).exp() * noise

    def kl(self) -> Tensor:
        """Return the divergence from the standard normal prior, shape (B,), in nats."""
        terms = self.mean.square() + self.log_variance.exp() - 1 - self.log_variance
        return terms.sum(1) / 2


class VAENetwork(nn.Module):
    """Encoder and decoder.

    Args:
        sizes: of the network.
        seed: of the initial weights.
    """

    def __init__(self, sizes: Sizes, *, seed: int) -> None:
        super().__init__()
        widths, code_size, latent = sizes.widths, sizes.code_size, sizes.latent
        self.sizes = sizes
        self.down = nn.ModuleList(nn.Conv2d(a, b, DOWN, stride=2, padding=1) for a, b in pairwise(widths))
        self.mean = nn.Linear(code_size, latent)
        self.log_variance = nn.Linear(code_size, latent)
        self.start = nn.Linear(latent, code_size)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, UP, stride=2, padding=1) for a, b in pairwise(widths[::-1]))
        self._initialise(seed)

    def _initialise(self, seed: int) -> None:
        """Keep the scale of signals through the layers (He et al. 2015); begin with posteriors like the prior."""
        generator = torch.Generator().manual_seed(seed)
        for layer in self.modules():
            if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
                fan_in = layer.weight[0].numel()
                if isinstance(layer, nn.ConvTranspose2d):
                    fan_in = layer.weight.shape[0] * (UP // 2) ** 2  # of the kernel, a pixel meets a quarter
                nn.init.normal_(layer.weight, std=(2 / fan_in) ** 0.5, generator=generator)
                nn.init.zeros_(layer.bias)  # type: ignore[arg-type]
        with torch.no_grad():
            self.log_variance.weight.mul_(0.1)

    def encode(self, images: Tensor) -> Posterior:
        """Return the posteriors of images, shape (B, S, row, column), values in [0, 1]."""
        signal = 2 * images - 1
        for layer in self.down:
            signal = F.silu(layer(signal))
        code = signal.flatten(1)
        log_variance = self.log_variance(code).clamp(-LARGEST_LOG_VARIANCE, LARGEST_LOG_VARIANCE)
        return Posterior(self.mean(code), log_variance)

    def decode(self, codes: Tensor) -> Tensor:
        """Return images, shape (B, S, row, column), from codes, shape (B, L)."""
        signal = F.silu(self.start(codes)).view(-1, *self.sizes.code_shape)
        for layer in self.up[:-1]:
            signal = F.silu(layer(signal))
        return torch.sigmoid(self.up[-1](signal))


def reconstruction_loss(images: Tensor, decoded: Tensor, noise: float) -> Tensor:
    """Return -log N(images; decoded, noise^2) of every image, shape (B,), in nats, values in [0, 1]."""
    squares = (images - decoded).square().flatten(1).sum(1)
    return squares / (2 * noise**2) + images[0].numel() * (LOG_2PI / 2 + math.log(noise))

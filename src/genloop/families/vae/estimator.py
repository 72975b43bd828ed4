"""A variational autoencoder of images, as in section 3.3 of Gerstgrasser et al. (2024, arXiv 2404.01413).

Importing this file loads no torch, so that keys and cached results are there at once.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from genloop.data.images.dataset import ImageDataset
from genloop.data.images.domain import ImageDomain
from genloop.errors import UserError
from genloop.families.neural import NeuralEstimator
from genloop.families.vae.sizes import Sizes
from genloop.types import Context, Cost

if TYPE_CHECKING:
    from genloop.families.vae.model import VAEModel
    from genloop.families.vae.network import VAENetwork

ASSUMED_SHAPE = (64, 64, 3)  # until the source is prepared


@dataclass(frozen=True)
class VAE(NeuralEstimator):
    """Convolutions of stride 2 to a Gaussian latent code, and a mirrored decoder (Kingma & Welling 2013).

    The loss of an image x with posterior q(z|x) is its negative ELBO in nats, the expectation over z of
    -log N(x; decoder(z), noise^2) over all channel values in [0, 1], plus kl_weight KL(q(z|x) || N(0, 1)). With
    kl_weight = 1 it bounds the negative log-likelihood of x from above. A sample is decoder(z), z from the prior,
    without noise. How it is trained is said by `NeuralEstimator`; a row of a batch is an image, and gradients are those
    of the loss per channel value, so that `clip` means the same at every resolution.

    The study has five convolutions of 32 to 512 channels and 128 latent dimensions, at 64x64. It does not say the
    noise: ours gives its blurred faces, and its collapse to one of them. With little noise (0.1) the codes of images
    lie where the prior hardly goes, and a loop drifts to images beyond the real ones instead (docs/LOG.md).

    Attributes:
        channels: of the convolutions, each of which halves the resolution.
        latent: dimensions of the code.
        noise: standard deviation of the Gaussian around a decoded channel value; the smaller, the more the
            reconstruction weighs against the KL term.
        kl_weight: of the KL term in training; scores always have 1.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("kingma2013auto", "rezende2014stochastic")
    examples: ClassVar[str] = "image"
    offers: ClassVar[frozenset[str]] = frozenset({"losses", "encode"})

    batch: int = 64
    weight_decay: float = 0.0
    channels: tuple[int, ...] = (32, 64, 128, 256, 512)
    latent: int = 128
    noise: float = 0.5
    kl_weight: float = 1.0

    def _problems(self) -> list[str]:
        problems = self._not_positive("latent", "noise") + super()._problems()
        if not self.channels or min(self.channels) < 1:
            problems.append(f"channels={list(self.channels)} is no list of positive numbers; use such as 32,64,128")
        if not self.kl_weight >= 0:
            problems.append(f"kl_weight={self.kl_weight} would reward a distant posterior; use 0 or more")
        return problems

    def num_rows(self, num_examples: int) -> int:
        return num_examples

    def sample_identity(self) -> object:
        return {"type": "VAE", "version": self.version}

    def requires(self, train: ImageDataset, num_examples: int) -> Iterator[str]:
        shape, step = train.shape, 2 ** len(self.channels)
        if shape[0] % step or shape[1] % step:
            yield (
                f"Images of {shape[0]}x{shape[1]} cannot be halved {len(self.channels)} times, once for each of "
                f"channels={list(self.channels)}. Use a resolution that is a multiple of {step}, or fewer channels."
            )

    def fit(self, train: ImageDataset, *, seed: int, context: Context) -> "VAEModel":
        """Fit a new network to images.

        Raises:
            UserError: if the images cannot be halved as often as asked, or the device is absent.
        """
        return self._fit(train, None, seed, context)

    def refit(self, model: "VAEModel", train: ImageDataset, *, seed: int, context: Context) -> "VAEModel":
        """Fit like `fit`, but start from the weights of `model`, with a fresh optimiser and the whole schedule.

        Raises:
            UserError: if `model` has other sizes, and in the cases of `fit`.
        """
        return self._fit(train, model.network, seed, context)

    def _fit(self, train: ImageDataset, start: "VAENetwork | None", seed: int, context: Context) -> "VAEModel":
        from genloop.families.fitting import begin
        from genloop.families.vae.fit import fit_vae
        from genloop.families.vae.network import VAENetwork

        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        network = VAENetwork(self.sizes(train.shape), seed=seed)
        fitting = begin(network, self, len(train), start=start, seed=seed, context=context)
        return fit_vae(fitting, train, noise=self.noise, kl_weight=self.kl_weight)

    def load(self, directory: Path, domain: ImageDomain, context: Context) -> "VAEModel":
        from genloop.families.vae.model import load_model

        return load_model(directory, context)

    def sizes(self, shape: tuple[int, int, int]) -> Sizes:
        """Return what the network for images of a shape consists of."""
        return Sizes(shape, tuple(self.channels), self.latent)

    def fit_cost(self, num_examples: int, domain: ImageDomain | None) -> Cost:
        sizes = self.sizes(_shape(domain))
        num_images = self.resolved_steps(num_examples) * self.batch
        return Cost(num_images, num_images * 3 * (sizes.encoder_flops + sizes.decoder_flops), 4 * sizes.num_parameters)

    def sample_cost(self, num_examples: int, domain: ImageDomain | None) -> Cost:
        sizes = self.sizes(_shape(domain))
        return Cost(num_examples, num_examples * sizes.decoder_flops, num_examples * math.prod(sizes.shape))


def _shape(domain: ImageDomain | None) -> tuple[int, int, int]:
    return domain.shape if domain else ASSUMED_SHAPE

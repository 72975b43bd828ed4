"""A variational autoencoder of images, as in section 3.3 of Gerstgrasser et al. (2024, arXiv 2404.01413).

Importing this file loads no torch, so that keys and cached results are there at once.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.errors import UserError
from genloop.families.neural import NeuralEstimator
from genloop.types import Context, Cost

if TYPE_CHECKING:
    from genloop.families.vae.model import VAEModel

ASSUMED_SHAPE = (64, 64, 3)  # until the source is prepared
DOWN, UP = 3, 4  # kernel widths; an even one upwards lets every pixel be reached by equally many weights


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

    def sample_identity(self) -> Any:
        return {"type": "VAE", "version": self.version}

    def check_shape(self, shape: tuple[int, int, int]) -> None:
        """Raise UserError if images of a shape cannot be halved as often as there are convolutions."""
        step = 2 ** len(self.channels)
        if shape[0] % step or shape[1] % step:
            raise UserError(
                f"Images of {shape[0]}x{shape[1]} cannot be halved {len(self.channels)} times, once for each of "
                f"channels={list(self.channels)}. Use a resolution that is a multiple of {step}, or fewer channels."
            )

    def fit(self, train: ImageDataset, *, seed: int, context: Context) -> "VAEModel":
        """Fit a new network to images.

        Raises:
            UserError: if the images cannot be halved as often as asked, or the device is absent.
        """
        from genloop.families.vae.fit import fit_vae

        return fit_vae(self, train, seed=seed, context=context)

    def refit(self, model: "VAEModel", train: ImageDataset, *, seed: int, context: Context) -> "VAEModel":
        """Fit like `fit`, but start from the weights of `model`, with a fresh optimiser and the whole schedule.

        Raises:
            UserError: if `model` has other sizes, and in the cases of `fit`.
        """
        from genloop.families.vae.fit import fit_vae

        return fit_vae(self, train, start=model, seed=seed, context=context)

    def load(self, directory: Path, prepared_dir: Path, context: Context) -> "VAEModel":
        from genloop.families.vae.model import load_model

        return load_model(directory, context)

    def fit_cost(self, num_examples: int, prepared_dir: Path | None) -> Cost:
        shape = _shape(prepared_dir)
        num_images = self.resolved_steps(num_examples) * self.batch
        flops = num_images * 3 * (self.encoder_flops(shape) + self.decoder_flops(shape))
        return Cost(num_images, flops, 4 * self.num_parameters(shape))

    def sample_cost(self, num_examples: int, prepared_dir: Path | None) -> Cost:
        shape = _shape(prepared_dir)
        return Cost(num_examples, num_examples * self.decoder_flops(shape), num_examples * int(np.prod(shape)))

    def num_parameters(self, shape: tuple[int, int, int]) -> int:
        """Return the number of weights for images of a shape."""
        pairs = list(zip(self._widths(shape), self._widths(shape)[1:], strict=False))
        down = sum(DOWN**2 * inner * outer + outer for inner, outer in pairs)
        up = sum(UP**2 * inner * outer + inner for inner, outer in pairs)
        code = self._code_size(shape)
        return down + up + 2 * (code + 1) * self.latent + (self.latent + 1) * code

    def encoder_flops(self, shape: tuple[int, int, int]) -> float:
        """Return the floating-point operations that encode an image; training takes three times as many."""
        return self._convolution_flops(shape, DOWN) + 4.0 * self._code_size(shape) * self.latent

    def decoder_flops(self, shape: tuple[int, int, int]) -> float:
        """Return the floating-point operations that decode an image; training takes three times as many."""
        return self._convolution_flops(shape, UP) + 2.0 * self._code_size(shape) * self.latent

    def _convolution_flops(self, shape: tuple[int, int, int], kernel: int) -> float:
        """Return two operations per weight and place of the smaller of the two images that a layer connects."""
        widths = self._widths(shape)
        places = [shape[0] * shape[1] / 4**level for level in range(1, len(widths))]
        return sum(
            2.0 * kernel**2 * inner * outer * num for inner, outer, num in zip(widths, widths[1:], places, strict=False)
        )

    def _widths(self, shape: tuple[int, int, int]) -> Sequence[int]:
        return (shape[2], *self.channels)

    def _code_size(self, shape: tuple[int, int, int]) -> int:
        return self.channels[-1] * shape[0] * shape[1] // 4 ** len(self.channels)


def _shape(prepared_dir: Path | None) -> tuple[int, int, int]:
    path = prepared_dir / "train.npy" if prepared_dir else None
    return ImageDataset.open(path).shape if path and path.exists() else ASSUMED_SHAPE

"""How likely a model of images finds real ones, and how well it can show them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.features import first_images, pixels
from genloop.metrics.replicates import mean
from genloop.types import Context, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, SHARE, Measured, Value

DRAW_SEED = 0  # of the posterior draws: the same at every iteration, so that iterations compare
ELBO = ("kingma2013auto",)
LEVELS = 255  # steps between the values 0 and 1 of a byte


class ImageLosses(Protocol):
    """Both terms of a loss for every image, in nats, shape (image,)."""

    @property
    def reconstruction(self) -> np.ndarray: ...

    @property
    def kl(self) -> np.ndarray: ...


class ImageLikelihood(Protocol):
    """A model with a likelihood of images."""

    def losses(self, data: ImageDataset, *, seed: int, context: Context) -> ImageLosses: ...

    def reconstruct(self, data: ImageDataset, *, context: Context) -> ImageDataset: ...


@dataclass(frozen=True)
class ImageLoss:
    """Negative ELBO of a variational autoencoder on real test images, with one posterior draw of each.

    `test_loss` is E_q[-ln p(x|z)] + KL(q(z|x) || p(z)), an upper bound of -ln p(x), in nats per image; its two terms
    stand beside it as `reconstruction_loss` and `kl`, whatever weight KL had in training. p is a density of values in
    [0, 1], so a test loss may be negative; it depends on the model's noise, and compares only where that is the same.
    `bits_per_dimension` is test_loss / (D ln 2) + log2(255), with D channel values in an image: a byte is one of 256
    values 1/255 apart, whose probability is about the density times this distance.
    `pixel_error` is the mean squared error, over channel values in [0, 1], of images decoded from posterior means.

    Attributes:
        num_images: test images to score, from the first; None scores all.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    wants: ClassVar[Mapping[str, str]] = {"losses": "a likelihood of images"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value("test_loss", "nats/image", "higher", LOSS, citations=ELBO),
        Value("bits_per_dimension", "bits", "higher", LOSS, rank=2, citations=ELBO),
        Value("reconstruction_loss", "nats/image", "higher", LOSS, rank=3, citations=ELBO),
        Value("kl", "nats/image", bounds=NOT_NEGATIVE, citations=ELBO),  # of which less may be better or worse
        Value("pixel_error", "squared value, 0 to 1", "higher", LOSS, rank=4, bounds=SHARE),
    )
    about = "real test images | model_t"

    num_images: int | None = None

    def __post_init__(self) -> None:
        if self.num_images is not None:
            check_positive(num_images=self.num_images)

    def score(
        self, evidence: Evidence[ImageDataset, ImageLikelihood], *, seed: int, context: Context
    ) -> Mapping[str, float | Measured]:
        test = first_images(evidence.test, self.num_images)
        losses = evidence.model.losses(test, seed=DRAW_SEED, context=context)
        total = losses.reconstruction + losses.kl
        return {
            "test_loss": mean(total),
            "bits_per_dimension": float(total.mean() / math.prod(test.shape) / math.log(2) + math.log2(LEVELS)),
            "reconstruction_loss": float(losses.reconstruction.mean()),
            "kl": float(losses.kl.mean()),
            "pixel_error": _squared_error(test, evidence.model.reconstruct(test, context=context)),
        }


def _squared_error(images: ImageDataset, reconstructed: ImageDataset) -> float:
    return float(np.square(pixels(images) - pixels(reconstructed)).mean())

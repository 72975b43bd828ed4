"""How samples and real test images are spread in a space of features that needs no downloaded network.

The spaces are each data set's own: values compare within one loop, and between loops on the same real images (and, for
the encoder's, with the same first model). Published values, whose features are those of Inception, are others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.errors import UserError
from genloop.metrics.amounts import check_positive
from genloop.metrics.features import PrincipalComponents, equally_many, pixels
from genloop.metrics.frechet import frechet_distance
from genloop.metrics.prdc import overlap
from genloop.metrics.vendi import typical_squared_distance, vendi_score
from genloop.types import Context, Evidence
from genloop.values import DIVERSITY, LOSS, NOT_NEGATIVE, SHARE, SUPPORT, Value

FEWEST = 10  # images of either kind; fewer tell nothing


def values_in(space: str, *, rank_of_vendi: int) -> tuple[Value, ...]:
    """Return the values that `compare` measures in a space.

    Precision and density rise when samples collapse to typical images, so neither way is worse.
    """
    neighbours, balls = ("kynkaanniemi2019improved",), ("naeem2020reliable",)
    frechet, vendi = ("heusel2017gans",), ("friedman2023vendi",)
    of_real, rank = "share of real images", rank_of_vendi
    return (
        Value(f"precision_{space}", "share of samples", citations=neighbours, bounds=SHARE),
        Value(f"recall_{space}", of_real, "lower", SUPPORT, rank=2, bounds=SHARE, citations=neighbours),
        Value(f"density_{space}", "1 for real images", bounds=NOT_NEGATIVE, citations=balls),
        Value(f"coverage_{space}", of_real, "lower", SUPPORT, rank=3, bounds=SHARE, citations=balls),
        Value(
            f"frechet_{space}",
            "squared distance",
            "higher",
            LOSS,
            rank=5,
            citations=frechet,
            bounds=NOT_NEGATIVE,
        ),
        Value(f"vendi_{space}", "effective number of images", "lower", DIVERSITY, rank=rank, citations=vendi),
    )


class Encoder(Protocol):
    """A model with an encoder."""

    def encode(self, data: ImageDataset, *, context: Context) -> np.ndarray: ...


@dataclass(frozen=True)
class PixelFidelity:
    """How samples and real images overlap and vary, in principal components of real pixels.

    Precision, recall, density, coverage (`prdc.py`), Fréchet distance (`frechet.py`) and the samples' Vendi score
    (`vendi.py`), whose scale is the median squared distance of two real images. The components are those of the real
    test images that the samples are compared with, of channel values in [0, 1].

    Equally many images are taken of both. Fewer than 10 give NaN.

    Attributes:
        num_images: images of either kind, or as many as both have.
        num_components: dimensions of the space.
        neighbours: k of precision, recall, density and coverage.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = values_in("pixels", rank_of_vendi=2)
    about = "samples of model_t and real test images | principal components of these"

    num_images: int = 500
    num_components: int = 64
    neighbours: int = 5

    def __post_init__(self) -> None:
        check_positive(num_images=self.num_images, num_components=self.num_components, neighbours=self.neighbours)

    @property
    def most_examples(self) -> int:
        return self.num_images

    def score(self, evidence: Evidence[ImageDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        real, synthetic = map(pixels, equally_many(evidence.test, evidence.samples, self.num_images))
        components = PrincipalComponents.of(real, self.num_components)
        return compare(components.project(real), components.project(synthetic), self.neighbours, self.values)


@dataclass(frozen=True)
class EncoderFidelity:
    """How samples and real images overlap and vary, in the latent space of the first model: its posterior means.

    The values are those of `PixelFidelity`.

    Attributes:
        num_images: images of either kind, or as many as both have.
        neighbours: k of precision, recall, density and coverage.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    wants: ClassVar[Mapping[str, str]] = {"encode": "an encoder"}
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})
    values = values_in("encoder", rank_of_vendi=1)
    about = "samples of model_t and real test images | encoder of model_1"

    num_images: int = 500
    neighbours: int = 5

    def __post_init__(self) -> None:
        check_positive(num_images=self.num_images, neighbours=self.neighbours)

    @property
    def most_examples(self) -> int:
        return self.num_images

    def score(self, evidence: Evidence[ImageDataset, Encoder], *, seed: int, context: Context) -> Mapping[str, float]:
        if not hasattr(evidence.first, "encode"):
            kind = type(evidence.first).__name__
            raise UserError(
                f"encoder-fidelity compares what an encoder makes of images, and {kind} has none. Leave it out."
            )
        both = equally_many(evidence.test, evidence.samples, self.num_images)
        real, synthetic = (evidence.first.encode(images, context=context) for images in both)
        return compare(real, synthetic, self.neighbours, self.values)


def compare(real: np.ndarray, synthetic: np.ndarray, neighbours: int, values: Sequence[Value]) -> Mapping[str, float]:
    """Return how synthetic features compare with real ones, equally many of both, shape (image, feature).

    NaN where either is not finite, as the code of an encoder that diverged.
    """
    if len(real) < FEWEST or not (np.isfinite(real).all() and np.isfinite(synthetic).all()):
        return {value.name: float("nan") for value in values}
    found = (
        *overlap(real, synthetic, neighbours),
        frechet_distance(real, synthetic),
        vendi_score(synthetic, typical_squared_distance(real)),
    )
    return {value.name: number for value, number in zip(values, found, strict=True)}

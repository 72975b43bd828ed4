"""What metrics of images look at: their pixels, principal components of these, or what a model makes of them.

Real test images are chosen at random, the same ones at every iteration; of samples the first are as good as any.
Metrics that compare two sets take equally many of both, since their values depend on the numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Self

import numpy as np

from genloop.data.images.dataset import ImageDataset

CHOICE_SEED = 0  # of the real images


def too_few_images(metric: str, test: ImageDataset, num_samples: int, *, fewest: int) -> Iterator[str]:
    """Iterate over what stands in the way of a metric: nothing, or a sentence if it has fewer images of either kind."""
    if min(len(test), num_samples) < fewest:
        yield (
            f"{metric} compares {len(test)} real test images with {num_samples} others and needs {fewest} of both. "
            "Give more images, or leave it out."
        )


def first_images(images: ImageDataset, num: int | None) -> ImageDataset:
    """Return the first `num` images as a view; all of them if there are fewer, or if it is None."""
    return images if num is None else images.slice(0, num)


def equally_many(test: ImageDataset, samples: ImageDataset, num: int) -> tuple[ImageDataset, ImageDataset]:
    """Return `num` real and `num` generated images as views, or as many as both have."""
    num = min(num, len(test), len(samples))
    return test.draw(num, seed=CHOICE_SEED), samples.slice(0, num)


def pixels(images: ImageDataset) -> np.ndarray:
    """Return the channel values of all images, shape (image, value), float32 in [0, 1]."""
    values = images.read(np.arange(len(images))).reshape(len(images), -1)
    return values.astype(np.float32) / np.float32(255)


@dataclass(frozen=True, eq=False)
class PrincipalComponents:
    """The directions in which some vectors vary most.

    Attributes:
        mean: of the vectors, shape (value,).
        axes: orthonormal, the one of the largest variance first, shape (value, component).
    """

    mean: np.ndarray
    axes: np.ndarray

    @classmethod
    def of(cls, vectors: np.ndarray, num: int) -> Self:
        """Return at most `num` components of vectors, shape (example, value); those without variance are left out.

        They come from the products of the examples, of which there are fewer than values in most images.
        """
        mean = vectors.mean(0)
        centred = vectors - mean
        variances, combinations = np.linalg.eigh((centred @ centred.T).astype(np.float64))
        largest = np.argsort(variances)[::-1][:num]
        largest = largest[variances[largest] > len(vectors) * np.finfo(vectors.dtype).eps * variances.max()]
        axes = centred.T @ (combinations[:, largest] / np.sqrt(variances[largest])).astype(vectors.dtype)
        return cls(mean, axes)

    def project(self, vectors: np.ndarray) -> np.ndarray:
        """Return the coordinates of vectors, shape (example, value), along the axes, shape (example, component)."""
        return (vectors - self.mean) @ self.axes

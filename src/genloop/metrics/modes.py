"""Whether all samples have become one image: what is left of the variance and of the modes of real images."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.images.dataset import ImageDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.features import PrincipalComponents, equally_many, pixels, too_few_images
from genloop.types import Context, Estimator, Evidence
from genloop.values import DIVERSITY, NOT_NEGATIVE, SUPPORT, Value

NUM_COMPONENTS = 64  # of real pixels, in which modes are looked for
NUM_STARTS = 5  # of k-means; the best is taken
CLUSTER_SEED = 0  # the same modes at every iteration


@dataclass(frozen=True)
class Modes:
    """Variance and modes of the samples, beside those of real test images.

    `pixel_variance` is the variance of a channel value over the samples, on average, as a share of that over real
    images: 1 if they vary alike, 0 if all samples are one image. `effective_modes` is exp(entropy) of the shares of
    samples in clusters that k-means finds in real images, in 64 principal components of their pixels: between 1, where
    all samples are nearest to one cluster, and the number of clusters. Real clusters differ in size, so real images do
    not reach that number, either.

    Attributes:
        num_images: images of either kind, or as many as both have.
        num_clusters: modes to look for; there must be as many images.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})

    num_images: int = 500
    num_clusters: int = 20

    def __post_init__(self) -> None:
        check_positive(num_images=self.num_images, num_clusters=self.num_clusters)

    @property
    def values(self) -> tuple[Value, ...]:
        return (
            Value("pixel_variance", "share of real variance", "lower", SUPPORT, bounds=NOT_NEGATIVE),
            Value(
                "effective_modes",
                f"modes, 1 to {self.num_clusters}",
                "lower",
                DIVERSITY,
                rank=3,
                bounds=(1.0, float(self.num_clusters)),
            ),
        )

    @property
    def about(self) -> str:
        return "samples of model_t beside real test images"

    @property
    def most_examples(self) -> int:
        return self.num_images

    def requires(self, test: ImageDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        yield from too_few_images("modes", test, num_samples, fewest=2)

    def score(self, evidence: Evidence[ImageDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        real, synthetic = map(pixels, equally_many(evidence.test, evidence.samples, self.num_images))
        components = PrincipalComponents.of(real, NUM_COMPONENTS)
        modes = nearest_modes(components.project(real), components.project(synthetic), self.num_clusters)
        return {
            "pixel_variance": float(synthetic.var(0).mean() / real.var(0).mean()),
            "effective_modes": effective_number(np.bincount(modes)),
        }


def nearest_modes(real: np.ndarray, synthetic: np.ndarray, num_clusters: int) -> np.ndarray:
    """Return in which cluster of real vectors, shape (example, value), each synthetic one lies, shape (example,)."""
    with needs_extra("images"):
        from sklearn.cluster import KMeans
    num_clusters = min(num_clusters, len(real))
    clusters: Any = KMeans(num_clusters, n_init=NUM_STARTS, random_state=CLUSTER_SEED)  # type: ignore[arg-type]
    return clusters.fit(real).predict(synthetic)


def effective_number(counts: np.ndarray) -> float:
    """Return exp(entropy) of the shares of some counts: k for k equal ones."""
    shares = counts[counts > 0] / counts.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))

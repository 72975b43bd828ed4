"""What the samples show: how many have an attribute, such as glasses or being a three, in the eyes of a classifier."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.images.dataset import ImageDataset
from genloop.errors import UserError, unknown_name
from genloop.metrics.amounts import check_positive
from genloop.metrics.features import PrincipalComponents, first_images, pixels
from genloop.types import Context, Estimator, Evidence
from genloop.values import SHARE, Value

NUM_COMPONENTS = 64  # of real pixels, which the classifier sees
NUM_FOLDS = 5


@dataclass(frozen=True)
class AttributeShares:
    """Share of samples that have each attribute, judged by a classifier of its own.

    For each attribute, a logistic regression on 64 principal components of pixels is fitted to the labelled real test
    images. `share_NAME` is its mean probability over the samples: of real images this is their true share, however
    unsure it is. `judge_NAME` says how much it can be trusted: the area under its ROC curve on real images that it was
    not fitted to (five-fold cross-validation), the probability that it ranks an image with the attribute above one
    without; 0.5 is chance. A share whose judge is near 0.5 stays near the real one whatever the samples show.

    Attributes:
        attributes: names, as the source has them.
        num_images: samples to judge, or as many as there are.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    any_size: ClassVar[bool] = True  # a share of them

    attributes: tuple[str, ...]
    num_images: int = 1000

    def __post_init__(self) -> None:
        check_positive(num_images=self.num_images)
        if not self.attributes:
            raise UserError("attribute-shares has no attributes. Name some, such as attributes: [Eyeglasses].")

    @property
    def values(self) -> tuple[Value, ...]:
        names = [name.replace(" ", "_") for name in self.attributes]
        shares = [Value(f"share_{name}", "share of samples", bounds=SHARE) for name in names]  # worth more or less
        return (*shares, *(Value(f"judge_{name}", "area under ROC curve", bounds=SHARE) for name in names))

    @property
    def about(self) -> str:
        return "samples of model_t | classifiers of real test images"

    @property
    def most_examples(self) -> int:
        return self.num_images

    def requires(self, test: ImageDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        try:
            _labels(test, self.attributes)
        except UserError as problem:
            yield str(problem)

    def score(self, evidence: Evidence[ImageDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        labels = _labels(evidence.test, self.attributes)
        real, synthetic = pixels(evidence.test), pixels(first_images(evidence.samples, self.num_images))
        components = PrincipalComponents.of(real, NUM_COMPONENTS)
        real, synthetic = components.project(real), components.project(synthetic)
        judged = [judge(real, each, synthetic) for each in labels.T]
        shares, areas = zip(*judged, strict=True)
        names = [value.name for value in self.values]
        return dict(zip(names, (*shares, *areas), strict=True))


def judge(real: np.ndarray, labels: np.ndarray, synthetic: np.ndarray) -> tuple[float, float]:
    """Return the share of synthetic vectors with an attribute, and the area under the classifier's ROC curve.

    Args:
        real: vectors that it is fitted to, shape (example, value).
        labels: which of them have the attribute, shape (example,), 0 or 1.
        synthetic: vectors to judge, shape (example, value).
    """
    with needs_extra("images"):
        from sklearn.metrics import roc_auc_score
        from sklearn.model_selection import cross_val_predict
    held_out: Any = cross_val_predict(_classifier(), real, labels, cv=NUM_FOLDS, method="predict_proba")
    share = _classifier().fit(real, labels).predict_proba(synthetic)[:, 1].mean()
    return float(share), float(roc_auc_score(labels, held_out[:, 1]))


def _classifier() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    return make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))


def _labels(test: ImageDataset, names: Sequence[str]) -> np.ndarray:
    """Return which test images have which attributes, shape (image, attribute)."""
    labels = test.read_labels() if test.attributes else None
    if labels is None:
        raise UserError("attribute-shares needs labels, and the test images have none. Leave it out, or label them.")
    for name in names:
        if name not in test.attributes:
            raise unknown_name("attribute", name, test.attributes)
    chosen = labels[:, [test.attributes.index(name) for name in names]]
    for name, num in zip(names, chosen.sum(0, dtype=int), strict=True):
        if min(num, len(chosen) - num) < NUM_FOLDS:
            raise UserError(
                f"attribute-shares: {num} of {len(chosen)} test images have {name}; a classifier needs {NUM_FOLDS} "
                "with and without it. Leave it out."
            )
    return chosen

"""FID with the features of Inception, for which the user brings the weights: one file that others use, too.

The file is a program (TorchScript), so none is run but the one whose content is known. Nothing is downloaded.
"""

import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.errors import UserError
from genloop.identity import file_digest
from genloop.metrics.amounts import check_positive
from genloop.metrics.features import equally_many
from genloop.metrics.frechet import frechet_distance
from genloop.types import Context, Estimator, Evidence, Progress
from genloop.values import LOSS, NOT_NEGATIVE, Value

STYLEGAN_SHA256 = "f58cb9b6ec323ed63459aa4fb441fe750cfe39fafad6da5cb504a16f19e958f4"
AT_ONCE = 32  # images in one pass through the network


@dataclass(frozen=True)
class InceptionFID:
    """Fréchet distance of samples and real test images in the 2,048 features of Inception (Heusel et al. 2017).

    The network is `inception-2015-12-05.pt`, which NVIDIA published with StyleGAN2-ADA and which clean-fid uses; it
    resizes images to 299x299 itself. Published values are of 50,000 images: of a few hundred, the value is far too
    high, and compares only with the noise floor and with values of as many images. It runs on the CPU.

    The real file was not at hand when this was written: tests run a small file of the same interface, bytes of shape
    (image, 3, row, column) in, and features of shape (image, feature) out with `return_features=True`.

    Attributes:
        weights: path of the file; it is no part of a key.
        sha256: of the file's content; a file with another is refused.
        num_images: images of either kind, or as many as both have.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "image"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value(
            "fid", "squared distance", "higher", LOSS, rank=6,
            citations=("heusel2017gans", "szegedy2016rethinking"), bounds=NOT_NEGATIVE,
        ),
    )  # fmt: skip
    about = "samples of model_t and real test images | Inception"

    weights: Path = field(compare=False)
    sha256: str = STYLEGAN_SHA256
    num_images: int = 5000

    def __post_init__(self) -> None:
        check_positive(num_images=self.num_images)

    @property
    def most_examples(self) -> int:
        return self.num_images

    def requires(self, test: ImageDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        try:
            _check_file(self.weights, self.sha256)
        except UserError as problem:
            yield str(problem)

    def score(self, evidence: Evidence[ImageDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        both = equally_many(evidence.test, evidence.samples, self.num_images)
        if len(both[0]) < 2:
            return {"fid": float("nan")}
        network = load_network(self.weights, self.sha256)
        return {"fid": frechet_distance(*(features(network, images, context) for images in both))}


def load_network(path: Path, sha256: str) -> Any:
    """Return the network in a TorchScript file.

    Raises:
        UserError: if there is no such file, or another, or it is no TorchScript.
    """
    import torch

    _check_file(path, sha256)
    try:
        with warnings.catch_warnings(action="ignore", category=DeprecationWarning):  # the file exists in no other form
            return torch.jit.load(path, map_location="cpu").eval()
    except RuntimeError as error:
        raise UserError(f"inception-fid: {path} is no TorchScript file. Give weights=PATH of one.") from error


def _check_file(path: Path, sha256: str) -> None:
    if not path.is_file():
        raise UserError(f"inception-fid: there is no file {path}. Give weights=PATH of inception-2015-12-05.pt.")
    found = file_digest(path)
    if found != sha256:
        raise UserError(
            f"inception-fid: {path} has the SHA-256 {found}, not {sha256}. "
            "Get the right file; a file is a program, so give sha256=... of another only if you trust it."
        )


def features(network: Any, images: ImageDataset, context: Context) -> np.ndarray:
    """Return what the network makes of images, shape (image, feature); grey ones are given three equal channels."""
    import torch

    found = []
    with torch.inference_mode():
        for start, pixels in images.chunks(AT_ONCE):
            channels = np.broadcast_to(pixels, (*pixels.shape[:3], 3)).transpose(0, 3, 1, 2)
            found.append(network(torch.from_numpy(channels.copy()), return_features=True).flatten(1).numpy())
            context.report(Progress(start + len(pixels), len(images)))
    return np.concatenate(found).astype(np.float64)

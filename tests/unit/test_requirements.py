"""What does not suit the data is refused before anything is fitted, by `plan` and by `run`."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from genloop.data.array_file import ArrayFile
from genloop.data.images.digits import Digits
from genloop.data.images.files import Images
from genloop.data.known import Normal
from genloop.data.regression.source import Regression
from genloop.data.text.grammar import StoryGrammar
from genloop.errors import UserError
from genloop.executors.executor import Silence
from genloop.executors.local import LocalExecutor
from genloop.executors.preparing import prepare
from genloop.experiment import Experiment
from genloop.families.kernel_regression import KernelRegression
from genloop.families.linear import LinearRegression
from genloop.families.lm.gpt2 import GPT2
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.mixture import GaussianMixture
from genloop.families.statistical.ngram import NGram
from genloop.families.vae.estimator import VAE
from genloop.metrics.attributes import AttributeShares
from genloop.metrics.categorical import Support, TableError
from genloop.metrics.diversity import Diversity
from genloop.metrics.fidelity import EncoderFidelity, PixelFidelity
from genloop.metrics.inception import InceptionFID
from genloop.metrics.learning_curve import LearningCurve
from genloop.metrics.mauve import Mauve
from genloop.metrics.modes import Modes
from genloop.metrics.regression import ParameterError
from genloop.metrics.statistical import KLDivergence, NegativeLogLikelihood
from genloop.metrics.text import TestLoss
from genloop.policies import Replace
from genloop.runs.runner import run
from genloop.store import Store
from genloop.types import Runtime

STORIES = StoryGrammar(num_train=100, num_test=20, vocabulary=300)
SMALL_GPT2 = GPT2(width=16, num_layers=1, num_heads=2, context=16, epochs=1)
SMALL_VAE = VAE(channels=(4, 8), latent=3, epochs=1)
ROWS = Regression(dimension=3, num_train=40, num_test=20, num_replicates=3)


def images(folder: Path, num: int, side: int = 8) -> Images:
    pixels = np.random.default_rng(0).integers(0, 256, (num, side, side), dtype=np.uint8)
    np.save(folder / "images.npy", pixels)
    return Images(str(folder / "images.npy"), resolution=side)


def table(folder: Path) -> ArrayFile:
    np.save(folder / "table.npy", np.random.default_rng(0).normal(size=(60, 2)))
    return ArrayFile(str(folder / "table.npy"))


def planned(folder: Path, source: Any, estimator: Any, metrics: tuple[Any, ...], **settings: Any) -> None:
    experiment = Experiment("needs", source, estimator, (Replace(),), metrics, 2, **settings)
    prepare(experiment, Store(folder / "store").open(), LocalExecutor(), Silence())


def says(message: str, folder: Path, *parts: Any, **settings: Any) -> None:
    with pytest.raises(UserError, match=message):
        planned(folder, *parts, **settings)
    kinds = {path.name.split("-")[0] for path in (folder / "store").iterdir()}
    assert not kinds & {"fit", "sample", "score"}


@pytest.mark.parametrize(
    ("source", "estimator", "metrics", "settings", "message"),
    [
        (STORIES, SMALL_GPT2, (LearningCurve(num_points=4),), {}, r"num_points=4 .* keeps 0\. Use"),
        (STORIES, NGram(), (LearningCurve(num_points=4),), {}, "LearningCurve needs snapshots of a fit, which NGram"),
        (STORIES, NGram(), (Mauve(),), {}, "Mauve needs hidden states, which NGram has not"),
        (STORIES, NGram(order=9), (), {}, "order=9 does not fit a vocabulary of 300"),
        (STORIES, replace(SMALL_GPT2, context=128), (), {"num_samples": 100}, "context=128 is longer than"),
        (STORIES, replace(SMALL_GPT2, snapshots=9), (), {"num_samples": 100}, "snapshots=9 is more than the fit's"),
        (STORIES, SMALL_VAE, (), {}, "VAE is for images, and the data are tokens"),
        (STORIES, NGram(), (Modes(),), {}, "Modes is for images, and the data are tokens"),
        (Digits(), VAE(channels=(4, 4, 4, 4, 4, 4)), (), {}, "Images of 32x32 cannot be halved 6 times"),
        (Digits(), SMALL_VAE, (Diversity(),), {}, "Diversity is for tokens, and the data are images"),
        (Digits(), SMALL_VAE, (AttributeShares(("hat",)),), {}, "'hat' is no attribute"),
        (Digits(), SMALL_VAE, (InceptionFID(Path("gone.pt")),), {}, "there is no file gone.pt"),
        (ROWS, LinearRegression(), (), {"num_samples": 4}, "4 different rows for dimension=3"),
        (replace(ROWS, design="fresh"), KernelRegression(), (), {}, "kernel regression follows one design"),
        (ROWS, KernelRegression(), (ParameterError(),), {}, "ParameterError needs the parameters of a linear model"),
        (Normal(dimension=5, num_replicates=2), Gaussian(), (), {"num_samples": 5}, "A covariance of 5 columns cannot"),
        (Normal(num_replicates=2), GaussianMixture(7), (), {"num_samples": 7}, "7 components cannot be fitted to 7"),
        (Normal(num_replicates=2), KDE(), (), {"num_samples": 1}, "one example has none"),
        (Normal(num_replicates=2), Discrete(num_types=5), (), {}, "is none of 5 types"),
        (Normal(num_replicates=2), Gaussian(), (TableError(),), {}, "TableError needs a table of probabilities"),
        (Normal(num_replicates=2), Gaussian(), (Support(),), {}, "is none of .* types"),
    ],
)  # fmt: skip
def test_what_does_not_suit_is_refused_before_anything_is_fitted(
    source: Any, estimator: Any, metrics: tuple[Any, ...], settings: Any, message: str, tmp_path: Path
):
    says(message, tmp_path, source, estimator, metrics, **settings)


def test_data_from_files_lack_what_others_have(tmp_path: Path):
    says("the distribution of the real data, which is unknown", tmp_path, table(tmp_path), KDE(), (KLDivergence(),))
    needs_labels = AttributeShares(("hat",))
    says("needs labels, and the test images have none", tmp_path, images(tmp_path, 40), SMALL_VAE, (needs_labels,))


@pytest.mark.parametrize("num", [2, 14])
def test_too_few_images_for_modes_are_refused(num: int, tmp_path: Path):
    """A tenth is held out: of fewer than 15 images, that is one, which has neither variance nor modes."""
    metrics = (Modes(), PixelFidelity())
    says(
        "modes compares 1 real test images .* and needs 2 of both", tmp_path, images(tmp_path, num), SMALL_VAE, metrics
    )


@pytest.mark.parametrize("num", [16, 20, 34])
def test_few_images_end_in_no_traceback(num: int, tmp_path: Path):
    """They did in k-means, after the first fit; what too few images say nothing of is not recorded as a number."""
    metrics = (Modes(), PixelFidelity(), EncoderFidelity())
    few = Experiment("few", images(tmp_path, num), SMALL_VAE, (Replace(),), metrics, 1)
    values = {row.metric: row.value for row in run(few, tmp_path / "run", runtime=Runtime("cpu", 1)).rows()}
    assert 1 <= (values["effective_modes"] or 0) <= 2 + (num > 24)
    assert values["precision_pixels"] is None


def test_all_that_stands_in_the_way_is_told_at_once(tmp_path: Path):
    with pytest.raises(UserError) as refusal:
        planned(tmp_path, Digits(), VAE(channels=(4,) * 6), (Diversity(), EncoderFidelity(), TestLoss()))
    assert all(word in str(refusal.value) for word in ("halved 6 times", "Diversity", "TestLoss"))
    assert "EncoderFidelity" not in str(refusal.value)


def test_what_suits_is_planned(tmp_path: Path):
    planned(tmp_path, images(tmp_path, 36), SMALL_VAE, (Modes(), PixelFidelity(), EncoderFidelity()))
    planned(tmp_path, table(tmp_path), GaussianMixture(2), (NegativeLogLikelihood(),))


def test_the_command_says_so_too(tmp_path: Path, genloop: Any):
    code, out, err = genloop(
        "plan", "digits", "--set", "source.resolution=48", "--set", "estimator.channels=[4,4,4,4,4]"
    )
    assert (code, out) == (2, "")
    assert "Images of 48x48 cannot be halved 5 times" in err

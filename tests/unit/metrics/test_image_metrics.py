"""Metrics of images on pictures whose scores are known, and on a VAE: what they need, their units, and refusals."""

import math
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from image_fixtures import Dimmer, dataset, patterns
from scoring import score, standard_errors

from genloop.errors import UserError
from genloop.families.vae.estimator import VAE
from genloop.identity import describe, file_digest
from genloop.metrics.attributes import AttributeShares
from genloop.metrics.fidelity import EncoderFidelity, PixelFidelity
from genloop.metrics.frechet import frechet_distance
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.inception import InceptionFID
from genloop.metrics.modes import Modes
from genloop.types import Context, Evidence, Runtime

SHADES = (0.1, 0.3, 0.5, 0.7)


def test_loss_is_the_mean_negative_elbo():
    test, model = patterns(200, SHADES, noise=0.001), Dimmer(by=10 / 255)
    losses = model.losses(test, seed=0, context=Context())
    found = score(ImageLoss(), test=test, model=model)
    total = losses.reconstruction + 2
    assert found["test_loss"] == pytest.approx(total.mean())
    errors = standard_errors(ImageLoss(), test=test, model=model)
    assert errors["test_loss"] == pytest.approx(total.std(ddof=1) / math.sqrt(200))
    assert found["reconstruction_loss"] + found["kl"] == pytest.approx(found["test_loss"])
    assert found["pixel_error"] == pytest.approx((10 / 255) ** 2, rel=1e-5)


def test_bits_are_those_of_the_density_times_the_distance_of_bytes():
    """A density of 255 on every channel value gives each byte probability 1, and takes 0 bits."""
    test = patterns(10, SHADES)
    certain = -16 * math.log(255)
    found = score(ImageLoss(), test=test, model=Dimmer())
    assert found["bits_per_dimension"] == pytest.approx((found["test_loss"] - certain) / (16 * math.log(2)))


def test_loss_has_the_same_draws_at_every_iteration_and_can_look_at_fewer_images():
    test = patterns(50, SHADES)
    assert score(ImageLoss(), seed=1, test=test, model=Dimmer()) == score(
        ImageLoss(), seed=2, test=test, model=Dimmer()
    )
    few = score(ImageLoss(num_images=20), test=test, model=Dimmer())
    assert few == score(ImageLoss(), test=test.slice(0, 20), model=Dimmer())


@pytest.mark.parametrize(("metric", "space"), [(PixelFidelity(), "pixels"), (EncoderFidelity(), "encoder")])
def test_fidelity_tells_real_images_from_a_collapse(metric, space):
    test = patterns(200, SHADES, seed=0)
    same, narrow, far = (
        score(metric, test=test, samples=patterns(300, shades, seed=1), first=Dimmer())
        for shades in (SHADES, SHADES[:1], (0.95,))
    )
    assert min(same[f"precision_{space}"], same[f"recall_{space}"]) > 0.8
    assert narrow[f"precision_{space}"] > 0.8
    assert narrow[f"recall_{space}"] < 0.5
    assert narrow[f"coverage_{space}"] < 0.5 < same[f"coverage_{space}"]
    assert far[f"precision_{space}"] == far[f"density_{space}"] == 0
    assert same[f"frechet_{space}"] < 0.05 * narrow[f"frechet_{space}"] < 0.05 * far[f"frechet_{space}"]
    assert narrow[f"vendi_{space}"] < 0.7 * same[f"vendi_{space}"]


def test_fidelity_takes_equally_many_images_of_both(monkeypatch):
    sizes = []
    monkeypatch.setattr("genloop.metrics.fidelity.compare", lambda real, synthetic, *_: sizes.append((real, synthetic)))
    for num_test, num_samples in ((40, 70), (70, 40), (70, 70)):
        evidence = Evidence(patterns(num_test, SHADES), samples=patterns(num_samples, SHADES))
        PixelFidelity(num_images=50).score(evidence, seed=0, context=Context())
    assert [(len(real), len(synthetic)) for real, synthetic in sizes] == [(40, 40), (40, 40), (50, 50)]


def test_real_images_are_chosen_at_random_but_the_same_at_every_iteration():
    """The first half of the test images is dark: a choice of the first ones would miss the others."""
    dark, bright = patterns(100, (0.2,)), patterns(100, (0.8,), seed=1)
    test, samples = dark.concat([bright]), patterns(100, (0.2, 0.8), seed=2)
    metric = PixelFidelity(num_images=100)
    first, later = (score(metric, seed=seed, test=test, samples=samples) for seed in (1, 2))
    assert first == later
    assert first["precision_pixels"] > 0.8


def test_models_without_an_encoder_are_refused():
    images = patterns(20, SHADES)
    with pytest.raises(UserError, match=r"encoder-fidelity .* object has none"):
        score(EncoderFidelity(), test=images, samples=images, first=object())


def test_modes_fall_to_one():
    test = patterns(400, SHADES, seed=0)
    same, two, one = (
        score(Modes(num_clusters=4), test=test, samples=patterns(400, shades, seed=1, noise=0.01))
        for shades in (SHADES, (0.1, 0.7), (0.5,))
    )
    # Shares of 400 draws: exp(entropy) of k equally likely modes is k (1 - (k - 1) / 800), give or take less than that.
    assert same["effective_modes"] == pytest.approx(4, abs=0.05)
    assert two["effective_modes"] == pytest.approx(2, abs=0.02)
    assert one["effective_modes"] == pytest.approx(1)
    variances = [np.var(shades) for shades in (SHADES, (0.1, 0.7))]
    assert same["pixel_variance"] == pytest.approx(1, abs=0.1)
    assert two["pixel_variance"] == pytest.approx(variances[1] / variances[0], rel=0.1)
    assert one["pixel_variance"] < 0.01


def labelled(num: int, *, seed: int):
    """Return images of which every fourth or so is bright; labels say which, and, at random, which are lucky."""
    random = np.random.default_rng(seed)
    bright, lucky = random.random(num) < 0.25, random.random(num) < 0.5
    values = np.where(bright, 0.7, 0.3)[:, None, None, None] + random.normal(0, 0.05, (num, 4, 4, 1))
    return dataset(values, np.stack([bright, lucky], 1).astype(np.uint8), ("Very bright", "Lucky"))


def test_shares_of_attributes_and_what_their_judges_are_worth():
    metric = AttributeShares(("Lucky", "Very bright"))
    test = labelled(400, seed=0)
    real = score(metric, test=test, samples=labelled(400, seed=1))
    dark = score(metric, test=test, samples=patterns(400, (0.3,), noise=0.05))
    assert real["judge_Very_bright"] > 0.99
    assert real["judge_Lucky"] == pytest.approx(0.5, abs=4 * math.sqrt(1 / (12 * 100)))  # of 200 pairs, at most
    assert real["share_Very_bright"] == pytest.approx(0.25, abs=4 * math.sqrt(0.25 * 0.75 / 400) + 0.02)
    assert dark["share_Very_bright"] < 0.05
    assert dark["share_Lucky"] == pytest.approx(real["share_Lucky"], abs=0.15)
    assert dark["judge_Very_bright"] == real["judge_Very_bright"]


def test_attributes_that_cannot_be_judged_are_refused():
    test, samples = labelled(40, seed=0), patterns(40, SHADES)
    with pytest.raises(UserError, match="Did you mean 'Very bright'"):
        score(AttributeShares(("bright",)), test=test, samples=samples)
    with pytest.raises(UserError, match="the test images have none"):
        score(AttributeShares(("Bright",)), test=samples, samples=samples)
    with pytest.raises(UserError, match="the test images have none"):
        score(AttributeShares(("Bright",)), test=test.concat([samples]), samples=samples)
    rare = dataset(np.zeros((9, 4, 4, 1)), np.eye(9, 1, dtype=np.uint8), ("Bright",))
    with pytest.raises(UserError, match="1 of 9 test images have Bright; a classifier needs 5"):
        score(AttributeShares(("Bright",)), test=rare, samples=samples)
    with pytest.raises(UserError, match="no attributes"):
        AttributeShares(())


class StandIn(torch.nn.Module):
    """What Inception does with bytes, with the means of the channels as features."""

    def forward(self, images: torch.Tensor, return_features: bool = False) -> torch.Tensor:
        assert images.dtype == torch.uint8
        assert images.shape[1] == 3
        return images.float().mean((2, 3)) if return_features else images


@pytest.fixture
def weights(tmp_path: Path) -> Path:
    torch.jit.script(StandIn()).save(tmp_path / "stand-in.pt")
    return tmp_path / "stand-in.pt"


def test_fid_is_the_distance_in_the_features_of_the_given_network(weights):
    random = np.random.default_rng(0)
    test, samples = (dataset(random.random((num, 4, 4, 3))) for num in (50, 70))
    metric = InceptionFID(weights, sha256=file_digest(weights))
    found = score(metric, test=test, samples=samples)
    means = [data.read(np.arange(50)).mean((1, 2)) for data in (test, samples)]
    assert found["fid"] == pytest.approx(frechet_distance(*means), rel=1e-4)  # float32 features around 128


def test_fid_of_grey_images_sees_three_equal_channels(weights):
    metric = InceptionFID(weights, sha256=file_digest(weights))
    grey = patterns(20, SHADES)
    colour = dataset(np.repeat(grey.read(np.arange(20)) / 255, 3, axis=3))
    darker = patterns(20, SHADES[:2], seed=1)
    three = dataset(np.repeat(darker.read(np.arange(20)) / 255, 3, axis=3))
    values = [score(metric, test=a, samples=b)["fid"] for a, b in ((grey, darker), (colour, three))]
    assert values[0] > 1
    assert values[0] == pytest.approx(values[1])


def test_fid_runs_no_other_file(weights, tmp_path):
    images = patterns(20, SHADES)
    with pytest.raises(UserError, match=r"has the SHA-256 [0-9a-f]{64}, not f58cb9b6"):
        score(InceptionFID(weights), test=images, samples=images)
    with pytest.raises(UserError, match="there is no file"):
        score(InceptionFID(tmp_path / "absent.pt"), test=images, samples=images)
    text = tmp_path / "text.pt"
    text.write_text("no program")
    with pytest.raises(UserError, match="is no TorchScript file"):
        score(InceptionFID(text, sha256=file_digest(text)), test=images, samples=images)


def test_fid_is_known_by_the_content_of_its_file_not_by_its_place():
    here, there = InceptionFID(Path("here.pt")), InceptionFID(Path("there.pt"))
    assert describe(here) == describe(there)
    assert describe(here) != describe(InceptionFID(Path("here.pt"), sha256="0" * 64))


def test_all_metrics_score_a_vae():
    """Real models and data sets of the family, twice: values are finite and follow from the inputs."""
    context = Context(Runtime(device="cpu", threads=1))
    train, test = (dataset(np.random.default_rng(seed).random((40, 8, 8, 3))) for seed in (0, 1))
    model = VAE(channels=(4, 8), latent=3, num_steps=2, batch=8).fit(train, seed=0, context=context)
    samples = model.sample(40, seed=0, context=context)
    for metric in (ImageLoss(), PixelFidelity(), EncoderFidelity(), Modes()):
        first, again = (score(metric, test=test, model=model, samples=samples, first=model) for _ in range(2))
        assert first == again
        assert all(math.isfinite(value) for value in first.values())
        assert re.search("model_t", metric.about)


@pytest.mark.parametrize("kind", [ImageLoss, PixelFidelity, EncoderFidelity, Modes])
def test_nothing_to_look_at_is_refused(kind):
    with pytest.raises(UserError, match="num_images=0 leaves nothing to look at"):
        kind(num_images=0)

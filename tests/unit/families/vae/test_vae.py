"""The VAE: its loss against torch's distributions, its sizes against its network, and what training does to it."""

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.distributions import Normal, kl_divergence

from genloop.data.images.dataset import ImageDataset, Shard
from genloop.data.images.domain import ImageDomain
from genloop.errors import UserError
from genloop.families.vae import model as vae_model
from genloop.families.vae.estimator import VAE
from genloop.families.vae.network import Posterior, VAENetwork, reconstruction_loss
from genloop.types import Context, Runtime

CONTEXT = Context(Runtime(device="cpu", threads=1))
SMALL = VAE(channels=(8, 16), latent=3, noise=0.1, batch=8, num_steps=150, learning_rate=5e-3)


def bars(num: int = 64, size: int = 8) -> np.ndarray:
    """Return grey images with one bright row each."""
    images = np.zeros((num, size, size, 1), np.uint8)
    images[np.arange(num), np.arange(num) % size] = 255
    return images


@pytest.fixture(scope="module")
def data() -> ImageDataset:
    return ImageDataset.of([Shard(bars())])


@pytest.fixture(scope="module")
def model(data):
    return SMALL.fit(data, seed=0, context=CONTEXT)


def test_terms_of_the_loss_are_those_of_gaussians():
    """Against torch.distributions; float32 sums of 192 terms agree to 1e-5 of their size."""
    generator = torch.Generator().manual_seed(0)
    images, decoded = torch.rand(4, 3, 8, 8, generator=generator), torch.rand(4, 3, 8, 8, generator=generator)
    expected = -Normal(decoded, 0.3).log_prob(images).flatten(1).sum(1)
    torch.testing.assert_close(reconstruction_loss(images, decoded, 0.3), expected, rtol=1e-5, atol=1e-3)

    posterior = Posterior(torch.randn(4, 5, generator=generator), torch.randn(4, 5, generator=generator))
    gaussian = Normal(posterior.mean, (posterior.log_variance / 2).exp())
    expected = kl_divergence(gaussian, Normal(0.0, 1.0)).sum(1)
    torch.testing.assert_close(posterior.kl(), expected, rtol=1e-5, atol=1e-5)


def test_draws_have_the_moments_of_the_posterior():
    """Within 4 standard errors of 100,000 draws."""
    posterior = Posterior(torch.tensor([[0.5, -1.0]]), torch.tensor([[math.log(4.0), 0.0]]))
    noise = torch.randn(100_000, 2, generator=torch.Generator().manual_seed(1))
    draws = posterior.draw(noise)
    assert ((draws.mean(0) - posterior.mean).abs() < 4 * torch.tensor([2.0, 1.0]) / math.sqrt(100_000)).all()
    assert ((draws.var(0) / torch.tensor([4.0, 1.0]) - 1).abs() < 4 * math.sqrt(2 / 100_000)).all()


@pytest.mark.parametrize(
    ("shape", "estimator"),
    [((8, 8, 1), SMALL), ((32, 32, 3), VAE(channels=(4, 8, 16), latent=5)), ((64, 64, 3), VAE())],
)
def test_parameters_are_counted_as_they_are(shape, estimator):
    network = VAENetwork(estimator.sizes(shape), seed=0)
    assert network.sizes.num_parameters == sum(weight.numel() for weight in network.parameters())
    images = torch.rand(2, shape[2], *shape[:2])
    assert network.decode(network.encode(images).mean).shape == images.shape


def test_the_study_has_this_network():
    estimator = VAE()
    assert (estimator.channels, estimator.latent) == ((32, 64, 128, 256, 512), 128)
    assert estimator.sizes((64, 64, 3)).num_parameters == 5_144_611


def test_operations_are_those_of_the_layers():
    """Against a count of multiply-adds layer by layer; small sums of biases and activations are left out of both."""
    estimator, total = VAE(channels=(4, 8, 16), latent=5), 0.0

    def count(layer, inputs, output):
        nonlocal total
        places = inputs[0] if isinstance(layer, torch.nn.ConvTranspose2d) else output
        total += 2.0 * layer.weight[0].numel() * places[0].numel()

    network = VAENetwork(estimator.sizes((32, 32, 3)), seed=0)
    for layer in network.modules():
        if hasattr(layer, "weight"):
            layer.register_forward_hook(count)
    network.decode(network.encode(torch.rand(1, 3, 32, 32)).mean)
    assert network.sizes.encoder_flops + network.sizes.decoder_flops == total


def test_a_fit_beats_every_constant_image_and_uses_its_code(model, data):
    losses = model.losses(data, seed=0, context=CONTEXT)
    values = data.read(np.arange(len(data))) / 255
    constant = values.mean(0)
    best_constant = ((values - constant) ** 2).sum((1, 2, 3)).mean() / (2 * SMALL.noise**2)
    best_constant += constant.size * math.log(SMALL.noise * math.sqrt(2 * math.pi))
    assert model.status == "fitted"
    assert (losses.reconstruction + losses.kl).mean() < best_constant
    assert losses.kl.mean() > 0.5 * math.log(8)  # there are eight different images


def test_losses_follow_from_the_seed_and_not_from_the_batch(model, data):
    first, again = (model.losses(data, seed=5, context=CONTEXT) for _ in range(2))
    assert (first.reconstruction == again.reconstruction).all()
    other = model.losses(data, seed=6, context=CONTEXT)
    assert (first.reconstruction != other.reconstruction).any()
    np.testing.assert_array_equal(first.kl, other.kl)
    part = model.losses(data.slice(0, 7), seed=5, context=CONTEXT)
    np.testing.assert_allclose(part.kl, first.kl[:7], rtol=1e-5)


def test_reconstructions_come_from_the_means_of_the_posteriors(model, data):
    codes = torch.from_numpy(model.encode(data, context=CONTEXT))
    expected = vae_model.as_bytes(model.network.decode(codes).detach())
    found = model.reconstruct(data, context=CONTEXT).read(np.arange(len(data)))
    assert np.abs(found.astype(int) - expected).max() <= 1  # of 255: sums in another order may round otherwise


def test_weights_say_how_much_an_image_counts(data):
    """Two kinds of images; the one that counts a hundred times as much is the one that is learnt."""
    dark, bright = ImageDataset.of([Shard(bars(32) // 8)]), ImageDataset.of([Shard(bars(32))])
    errors = []
    for weight in (0.01, 100.0):
        fitted = SMALL.fit(dark.concat([bright.weighted(weight)]), seed=0, context=CONTEXT)
        errors.append(fitted.losses(bright, seed=0, context=CONTEXT).reconstruction.mean())
    assert errors[1] < errors[0]
    few = replace(SMALL, num_steps=50)
    same = [few.fit(data.weighted(weight), seed=0, context=CONTEXT).record for weight in (1.0, 3.0)]
    np.testing.assert_allclose(same[0].losses, same[1].losses, rtol=1e-3)


def test_an_interrupted_sample_keeps_its_finished_shards(model, tmp_path, monkeypatch):
    monkeypatch.setattr(vae_model, "SHARD", 8)
    whole = model.sample(30, seed=1, context=CONTEXT).read(np.arange(30))
    calls = 0

    def interrupt(_):
        nonlocal calls
        calls += 1
        if calls == 3:
            raise KeyboardInterrupt

    scratch = Context(CONTEXT.runtime, scratch_dir=tmp_path, report=interrupt)
    with pytest.raises(KeyboardInterrupt):
        model.sample(30, seed=1, context=scratch)
    finished = {path.name: path.stat().st_mtime_ns for path in tmp_path.glob("*.npy")}
    assert len(finished) == 3
    resumed = model.sample(30, seed=1, context=scratch)
    assert all((tmp_path / name).stat().st_mtime_ns == when for name, when in finished.items())
    np.testing.assert_array_equal(resumed.read(np.arange(30)), whole)


def test_refit_starts_from_the_fitted_weights(model, data):
    longer = SMALL.refit(model, data, seed=1, context=CONTEXT)
    begin, end = model.record.losses[0], np.mean(model.record.losses[-8:])
    assert abs(longer.record.losses[0] - end) < abs(longer.record.losses[0] - begin)
    with pytest.raises(UserError, match=r"latent=4.* cannot start from a .*latent=3"):
        VAE(channels=(8, 16), latent=4).refit(model, data, seed=1, context=CONTEXT)


def test_refit_starts_from_a_model_that_was_read(model, data, tmp_path):
    model.save(tmp_path)
    read = SMALL.load(tmp_path, ImageDomain(tmp_path), CONTEXT)
    losses = [SMALL.refit(each, data, seed=1, context=CONTEXT).record.losses for each in (read, model)]
    assert losses[0] == losses[1]


def test_bfloat16_trains_as_float32_does(data):
    """To 2 % of the loss: bfloat16 keeps 8 bits, and errors of many products average out."""
    losses = [
        np.mean(VAE(channels=(8, 16), latent=3, batch=8, num_steps=20, precision=precision)  # type: ignore[arg-type]
        .fit(data, seed=0, context=CONTEXT).record.losses[-5:])
        for precision in ("float32", "bfloat16")
    ]  # fmt: skip
    assert losses[1] == pytest.approx(losses[0], rel=0.02)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"channels": ()}, r"channels=\[\] is no list"),
        ({"noise": 0}, "noise=0 is not positive"),
        ({"latent": 0}, "latent=0 is not positive"),
        ({"kl_weight": -1}, "kl_weight=-1 would reward"),
    ],
)
def test_bad_settings_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        VAE(**settings)


def test_an_image_that_cannot_be_halved_is_refused(data):
    with pytest.raises(UserError, match=r"8x8 cannot be halved 5 times.*multiple of 32"):
        VAE().fit(data, seed=0, context=CONTEXT)


def test_conditions_are_refused(model, data):
    with pytest.raises(UserError, match="no conditions"):
        model.sample(1, seed=0, conditions=data, context=CONTEXT)

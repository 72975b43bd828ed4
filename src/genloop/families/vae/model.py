"""A fitted variational autoencoder: it samples, encodes, reconstructs and scores images."""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from genloop.data.images.dataset import ImageDataset, Shard
from genloop.errors import UserError
from genloop.families.devices import prepare_device
from genloop.families.training import Status, TrainingRecord
from genloop.families.vae.network import Posterior, VAENetwork, reconstruction_loss
from genloop.families.vae.sizes import Sizes
from genloop.families.weights import weights_digest
from genloop.identity import KEY_DIGITS, derive_seed, digest
from genloop.scratch import kept_array
from genloop.types import Context, Progress

WEIGHTS_FILE = "model.safetensors"
CONFIG_FILE = "config.json"
RECORD_FILE = "training.json"
AT_ONCE = 256  # images in one pass through a network
SHARD = 4096  # images that an interrupted sample can lose


@dataclass(frozen=True)
class Losses:
    """The two terms of the negative ELBO of some images, in nats per image.

    Attributes:
        reconstruction: -log N(x; decoder(z), noise^2) at one code z drawn from the posterior, shape (image,).
        kl: divergence of the posterior from the prior, shape (image,).
    """

    reconstruction: np.ndarray
    kl: np.ndarray


@dataclass(frozen=True)
class VAEModel:
    """A fitted network.

    Attributes:
        network: its weights.
        noise: standard deviation of the Gaussian around a decoded channel value.
        record: how the fit went.
    """

    network: VAENetwork
    noise: float
    record: TrainingRecord

    @property
    def status(self) -> Status:
        return self.record.status

    @torch.inference_mode()
    def sample(self, num: int, *, seed: int, conditions: ImageDataset | None = None, context: Context) -> ImageDataset:
        """Return decoded codes from the prior, in bytes; finished shards wait in the scratch folder, not in memory."""
        if conditions is not None:
            raise UserError("A VAE samples images from its prior and takes no conditions; leave them out.")
        self.network.to(prepare_device(context.runtime))
        owner = digest([weights_digest(self.network), num, seed])[:KEY_DIGITS]
        shards = []
        for start in range(0, num, SHARD):
            codes = self._codes(min(SHARD, num - start), derive_seed(seed, start))
            path = context.scratch_dir / f"{owner}-{start}.npy" if context.scratch_dir else None
            shards.append(Shard(kept_array(path, partial(self._decoded, codes))))
            context.report(Progress(start + len(codes), num))
        return ImageDataset.of(shards)

    def losses(self, data: ImageDataset, *, seed: int, context: Context) -> Losses:
        """Return the terms of the negative ELBO of all images, for one code of each that follows from the seed."""

        def terms(images: Tensor, posterior: Posterior, start: int) -> Tensor:
            noise = self._codes(len(images), derive_seed(seed, start))
            decoded = self.network.decode(posterior.draw(noise))
            return torch.stack([reconstruction_loss(images, decoded, self.noise), posterior.kl()], dim=1)

        reconstruction, kl = self._mapped(terms, data, context).astype(np.float64).T
        return Losses(reconstruction, kl)

    def encode(self, data: ImageDataset, *, context: Context) -> np.ndarray:
        """Return the posterior means of all images, shape (image, dimension of the code), float32."""
        return self._mapped(lambda _images, posterior, _start: posterior.mean, data, context)

    def reconstruct(self, data: ImageDataset, *, context: Context) -> ImageDataset:
        """Return what the network makes of images by way of their posterior means."""
        codes = torch.from_numpy(self.encode(data, context=context)).to(self._device)
        return ImageDataset.of([Shard(self._decoded(codes))])

    def save(self, directory: Path) -> None:
        """Write the weights as safetensors, and beside them sizes and losses of the fit as JSON."""
        weights = {name: weight.contiguous() for name, weight in self.network.state_dict().items()}
        save_file(weights, directory / WEIGHTS_FILE)
        (directory / CONFIG_FILE).write_text(json.dumps({**asdict(self.network.sizes), "noise": self.noise}) + "\n")
        (directory / RECORD_FILE).write_text(json.dumps(asdict(self.record), indent=1) + "\n")

    @property
    def _device(self) -> torch.device:
        return self.network.start.weight.device

    def _codes(self, num: int, seed: int) -> Tensor:
        """Return standard normal codes, the same on every device."""
        return torch.randn(num, self.network.sizes.latent, generator=torch.Generator().manual_seed(seed)).to(
            self._device
        )

    @torch.inference_mode()
    def _decoded(self, codes: Tensor) -> np.ndarray:
        return np.concatenate([as_bytes(self.network.decode(part)) for part in codes.split(AT_ONCE)])

    @torch.inference_mode()
    def _mapped(
        self, function: Callable[[Tensor, Posterior, int], Tensor], data: ImageDataset, context: Context
    ) -> np.ndarray:
        """Return a function of images, their posteriors and the number of the first, for all images."""
        device = prepare_device(context.runtime)
        self.network.to(device)
        results = []
        for start, pixels in data.chunks(AT_ONCE):
            images = as_values(pixels, device)
            results.append(function(images, self.network.encode(images), start).cpu().numpy())
            context.report(Progress(start + len(pixels), len(data)))
        return np.concatenate(results)


def load_model(directory: Path, context: Context) -> VAEModel:
    """Restore what `VAEModel.save` wrote."""
    config = json.loads((directory / CONFIG_FILE).read_text())
    sizes = Sizes(tuple(config["shape"]), tuple(config["channels"]), config["latent"])
    network = VAENetwork(sizes, seed=0)
    network.load_state_dict(load_file(directory / WEIGHTS_FILE))
    network.to(prepare_device(context.runtime))
    record = json.loads((directory / RECORD_FILE).read_text())
    return VAEModel(network, config["noise"], TrainingRecord(record["status"], tuple(record["losses"])))


def as_values(pixels: np.ndarray, device: torch.device) -> Tensor:
    """Return images of bytes, shape (image, row, column, channel), as values in [0, 1], shape (B, S, row, column)."""
    return torch.from_numpy(pixels).to(device).permute(0, 3, 1, 2).float().div_(255).contiguous()


def as_bytes(values: Tensor) -> np.ndarray:
    """Return values in [0, 1], shape (B, S, row, column), as bytes, shape (image, row, column, channel)."""
    return values.mul(255).round_().to(torch.uint8).permute(0, 2, 3, 1).cpu().numpy()

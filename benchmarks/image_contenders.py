"""Training and sampling a variational autoencoder: genloop's way, and a plain PyTorch loop on the same network.

    python benchmarks/image_contenders.py FUNCTION RESOLUTION THREADS

prints the median rate as JSON. The plain loop is what a competent user writes: a `Dataset` of bytes, a `DataLoader`
with shuffling and workers, Adam, float32; sampling under `inference_mode`, bytes at the end.
"""

import json
import statistics
import sys
import time
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from genloop.data.images.dataset import ImageDataset, Shard
from genloop.families.devices import prepare_device
from genloop.families.training import TrainingRecord
from genloop.families.vae.estimator import VAE
from genloop.families.vae.model import VAEModel
from genloop.families.vae.network import VAENetwork, reconstruction_loss
from genloop.types import Context, Runtime

CHANNELS = {32: (32, 64, 128), 64: (32, 64, 128, 256, 512)}
NUM_IMAGES = {32: 8192, 64: 2048}  # one epoch of each contender
WARM_UP_STEPS = 3


def estimator(resolution: int) -> VAE:
    return VAE(channels=CHANNELS[resolution], epochs=1)


def pictures(resolution: int) -> np.ndarray:
    """Return smooth random RGB images."""
    random = np.random.default_rng(0)
    coarse = random.integers(0, 256, (NUM_IMAGES[resolution], 8, 8, 3), dtype=np.uint8)
    return coarse.repeat(resolution // 8, axis=1).repeat(resolution // 8, axis=2)


def train_genloop(resolution: int, threads: int) -> float:
    times: list[float] = []
    context = Context(Runtime("cpu", threads), report=lambda _: times.append(time.perf_counter()))
    vae = estimator(resolution)
    vae.fit(ImageDataset.of([Shard(pictures(resolution))]), seed=0, context=context)
    return _rate(times, vae.batch)


class Pictures(Dataset[Tensor]):
    """Images as a user would offer them to a `DataLoader`."""

    def __init__(self, images: np.ndarray) -> None:
        self._images = images

    def __len__(self) -> int:
        return len(self._images)

    def __getitem__(self, index: int) -> Tensor:
        return torch.from_numpy(self._images[index]).permute(2, 0, 1).float() / 255


def train_plain(resolution: int, threads: int, num_workers: int = 2) -> float:
    torch.set_num_threads(threads)
    vae = estimator(resolution)
    network = VAENetwork(vae.sizes((resolution, resolution, 3)), seed=0)
    optimiser = torch.optim.Adam(network.parameters(), lr=vae.learning_rate)
    loader = DataLoader(Pictures(pictures(resolution)), vae.batch, shuffle=True, num_workers=num_workers)
    times = []
    for images in loader:
        posterior = network.encode(images)
        decoded = network.decode(posterior.draw(torch.randn_like(posterior.mean)))
        loss = (reconstruction_loss(images, decoded, vae.noise) + posterior.kl()).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        loss.item()  # to print it
        times.append(time.perf_counter())
    return _rate(times, vae.batch)


def train_plain_without_workers(resolution: int, threads: int) -> float:
    return train_plain(resolution, threads, num_workers=0)


def sample_genloop(resolution: int, threads: int) -> float:
    vae = estimator(resolution)
    network = VAENetwork(vae.sizes((resolution, resolution, 3)), seed=0)
    model = VAEModel(network, vae.noise, TrainingRecord("fitted", ()))
    context = Context(Runtime("cpu", threads))
    model.sample(512, seed=0, context=context)
    start = time.perf_counter()
    model.sample(2 * NUM_IMAGES[resolution], seed=1, context=context)
    return 2 * NUM_IMAGES[resolution] / (time.perf_counter() - start)


@torch.inference_mode()
def sample_plain(resolution: int, threads: int) -> float:
    torch.set_num_threads(threads)
    vae = estimator(resolution)
    network = VAENetwork(vae.sizes((resolution, resolution, 3)), seed=0)

    def batches() -> Iterator[Tensor]:
        for _ in range(2 * NUM_IMAGES[resolution] // vae.batch):
            decoded = network.decode(torch.randn(vae.batch, vae.latent))
            yield (decoded * 255).round().to(torch.uint8).permute(0, 2, 3, 1)

    next(batches())
    start = time.perf_counter()
    torch.cat(list(batches())).numpy()
    return 2 * NUM_IMAGES[resolution] / (time.perf_counter() - start)


def convolutions(resolution: int, threads: int) -> float:
    """Return the rate, in operations per second, of the convolutions of both networks, forward and alone."""
    prepare_device(Runtime("cpu", threads))
    vae = estimator(resolution)
    network = VAENetwork(vae.sizes((resolution, resolution, 3)), seed=0)
    inputs: list[tuple[torch.nn.Module, Tensor]] = []
    layers = [*network.down, *network.up]
    hooks = [layer.register_forward_hook(lambda layer, given, _: inputs.append((layer, given[0]))) for layer in layers]
    with torch.inference_mode():
        network.decode(network.encode(torch.rand(vae.batch, 3, resolution, resolution)).mean)
        for hook in hooks:
            hook.remove()
        times = [time.perf_counter()]
        for _ in range(20):
            for layer, signal in inputs:
                layer(signal)
            times.append(time.perf_counter())
    return _rate(times, vae.batch) * forward_flops(resolution)


def forward_flops(resolution: int) -> float:
    sizes = estimator(resolution).sizes((resolution, resolution, 3))
    return sizes.encoder_flops + sizes.decoder_flops


def _rate(times: list[float], num_images: int) -> float:
    return num_images / statistics.median(np.diff(times[WARM_UP_STEPS:]).tolist())


if __name__ == "__main__":
    function, resolution, threads = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    print(json.dumps({"rate": globals()[function](resolution, threads)}))

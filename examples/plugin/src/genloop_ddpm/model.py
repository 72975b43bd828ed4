"""How the U-Net is fitted, saved, loaded and sampled; an interrupted fit begins anew."""

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel

from genloop import Context, Progress, UserError
from genloop.images import ImageDataset, Shard
from genloop_ddpm import DDPM

SCHEDULE = "squaredcos_cap_v2"  # of the noise


@dataclass(frozen=True, eq=False)
class DDPMModel:
    """A fitted network, and the settings by which samples are drawn from it."""

    network: UNet2DModel
    estimator: DDPM

    @property
    def status(self) -> str:
        return "fitted" if all(weight.isfinite().all() for weight in self.network.parameters()) else "diverged"

    @torch.inference_mode()
    def sample(self, num: int, *, seed: int, conditions: ImageDataset | None = None, context: Context) -> ImageDataset:
        if conditions is not None:
            raise UserError("A DDPM takes no conditions. Leave them out.")
        scheduler, config = DDPMScheduler(self.estimator.num_noises, beta_schedule=SCHEDULE), self.network.config
        random = torch.Generator().manual_seed(seed)
        images = torch.randn(num, config["in_channels"], *config["sample_size"], generator=random)
        for done, time in enumerate(scheduler.timesteps):
            told = [self.network(part.to(self.network.device), time).sample.cpu() for part in images.split(256)]
            images = scheduler.step(torch.cat(told), time, images, generator=random).prev_sample
            context.report(Progress(num * (done + 1) // len(scheduler.timesteps), num))
        pixels = ((images.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).permute(0, 2, 3, 1)
        return ImageDataset.of([Shard(pixels.numpy())])

    def save(self, directory: Path) -> None:
        self.network.save_pretrained(directory)


def fit(estimator: DDPM, train: ImageDataset, *, seed: int, context: Context) -> DDPMModel:
    network, device = _network(estimator, train.shape, seed, context), _device(context)
    optimiser = torch.optim.Adam(network.parameters(), lr=estimator.learning_rate)
    scheduler, random = DDPMScheduler(estimator.num_noises, beta_schedule=SCHEDULE), torch.Generator().manual_seed(seed)
    weights = torch.tensor(train.weights / train.weights.mean(), dtype=torch.float32)
    for step in range(num_steps := math.ceil(estimator.epochs * len(train) / estimator.batch)):
        rows = torch.randint(len(train), (estimator.batch,), generator=random)
        images = torch.from_numpy(train.read(rows.numpy())).permute(0, 3, 1, 2) / 127.5 - 1
        noise = torch.randn(images.shape, generator=random)
        times = torch.randint(estimator.num_noises, (estimator.batch,), generator=random)
        noisy = scheduler.add_noise(images, noise, times)  # type: ignore[arg-type]
        errors = network(noisy.to(device), times.to(device)).sample - noise.to(device)
        loss = (errors.square().mean(dim=(1, 2, 3)) * weights[rows].to(device)).mean()
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        context.report(Progress(step + 1, num_steps, loss.item()))
    return DDPMModel(network.eval(), estimator)


def load(estimator: DDPM, directory: Path, context: Context) -> DDPMModel:
    return DDPMModel(UNet2DModel.from_pretrained(directory).to(_device(context)), estimator)


def _network(estimator: DDPM, shape: tuple[int, int, int], seed: int, context: Context) -> UNet2DModel:
    *sides, channels = shape
    levels = len(estimator.channels)
    if any(side % 2 ** (levels - 1) for side in sides):
        raise UserError(f"Images of {sides[0]} x {sides[1]} cannot be halved {levels - 1} times. Use fewer channels.")
    with torch.random.fork_rng(devices=[]):  # diffusers draws initial weights from the global state
        torch.manual_seed(seed)
        return UNet2DModel(
            tuple(sides), channels, channels, layers_per_block=1, block_out_channels=estimator.channels,
            down_block_types=("DownBlock2D",) * levels, up_block_types=("UpBlock2D",) * levels,
            norm_num_groups=4, attention_head_dim=4,
        ).to(_device(context))  # fmt: skip


def _device(context: Context) -> torch.device:
    if context.runtime.threads is not None:
        torch.set_num_threads(context.runtime.threads)
    name = context.runtime.device
    return torch.device(("cuda" if torch.cuda.is_available() else "cpu") if name == "auto" else name)

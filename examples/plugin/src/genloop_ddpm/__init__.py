"""Denoising diffusion of images (Ho et al. 2020) as a plugin. This file loads neither torch nor diffusers."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from genloop import Context, Cost, UserError, describe
from genloop.images import ImageDataset, ImageDomain

if TYPE_CHECKING:
    from genloop_ddpm.model import DDPMModel


@dataclass(frozen=True)
class DDPM:
    """A U-Net that learns to take noise out of images, and turns noise into images.

    Attributes:
        channels: of the U-Net, multiples of 4; each level halves the resolution of the one before.
        num_noises: levels of noise between an image and noise alone.
        epochs: passes over the data.
        batch: images in each optimiser step.
        learning_rate: of Adam.
    """

    version: ClassVar[int] = 1  # raised when the same settings would give other results

    channels: tuple[int, ...] = (32, 64)
    num_noises: int = 100
    epochs: int = 20
    batch: int = 32
    learning_rate: float = 1e-3

    def __post_init__(self) -> None:
        settings = (*self.channels, self.num_noises, self.epochs, self.batch, self.learning_rate)
        if min(settings) <= 0 or any(width % 4 for width in self.channels):
            raise UserError(f"{self}: use positive numbers, and channels in fours.")

    def fit_identity(self, num_examples: int) -> object:
        return describe(self)

    def sample_identity(self) -> object:
        return {}

    def fit(self, train: ImageDataset, *, seed: int, context: Context) -> "DDPMModel":
        return import_module("genloop_ddpm.model").fit(self, train, seed=seed, context=context)

    def load(self, directory: Path, domain: ImageDomain, context: Context) -> "DDPMModel":
        return import_module("genloop_ddpm.model").load(self, directory, context)

    def fit_cost(self, num_examples: int, domain: ImageDomain | None) -> Cost:
        return self._cost(self.epochs * num_examples, passes=3)

    def sample_cost(self, num_examples: int, domain: ImageDomain | None) -> Cost:
        return self._cost(num_examples, passes=self.num_noises)

    def _cost(self, num: int, passes: int) -> Cost:
        """Return roughly what some images take on their ways through the network, at 32 x 32."""
        flops = sum(180.0 * width**2 * (32 >> level) ** 2 for level, width in enumerate(self.channels))
        return Cost(num, num * passes * flops, 3072 * num)

"""What a variational autoencoder consists of, and what that costs; no torch is needed to know it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

DOWN, UP = 3, 4  # kernel widths; an even one upwards lets every pixel be reached by equally many weights


@dataclass(frozen=True)
class Sizes:
    """The sizes of a network.

    Attributes:
        shape: rows, columns and channels of an image.
        channels: of the convolutions, each of which halves the resolution.
        latent: dimensions of the code.
    """

    shape: tuple[int, int, int]
    channels: tuple[int, ...]
    latent: int

    @property
    def widths(self) -> Sequence[int]:
        """Channels before, between and after the convolutions."""
        return (self.shape[2], *self.channels)

    @property
    def code_shape(self) -> tuple[int, int, int]:
        """Channels, rows and columns after the last convolution."""
        return (self.channels[-1], self.shape[0] >> len(self.channels), self.shape[1] >> len(self.channels))

    @property
    def code_size(self) -> int:
        """The numbers after the last convolution."""
        return self.code_shape[0] * self.code_shape[1] * self.code_shape[2]

    @property
    def num_parameters(self) -> int:
        """The number of weights."""
        pairs = list(pairwise(self.widths))
        down = sum(DOWN**2 * inner * outer + outer for inner, outer in pairs)
        up = sum(UP**2 * inner * outer + inner for inner, outer in pairs)
        return down + up + 2 * (self.code_size + 1) * self.latent + (self.latent + 1) * self.code_size

    @property
    def encoder_flops(self) -> float:
        """The floating-point operations that encode an image; training takes three times as many."""
        return self._convolution_flops(DOWN) + 4.0 * self.code_size * self.latent

    @property
    def decoder_flops(self) -> float:
        """The floating-point operations that decode an image; training takes three times as many."""
        return self._convolution_flops(UP) + 2.0 * self.code_size * self.latent

    def _convolution_flops(self, kernel: int) -> float:
        """Return two operations per weight and place of the smaller of the two images that a layer connects."""
        pixels = self.shape[0] * self.shape[1]
        return sum(
            2.0 * kernel**2 * inner * outer * pixels / 4**level
            for level, (inner, outer) in enumerate(pairwise(self.widths), start=1)
        )

"""How much noise a conformation has at every step of diffusion."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

STEEPNESS = 6.0  # the sigmoid runs from -6 to 6


@dataclass(frozen=True)
class Schedule:
    """Variances beta_1 to beta_T along a sigmoid, as in GeoDiff.

    With a_t = prod_{s <= t} (1 - beta_s), diffusion gives C^t = sqrt(a_t) C^0 + sqrt(1 - a_t) noise. Everywhere here
    conformations are kept in angstrom, as C^t / sqrt(a_t) = C^0 + sigma_t noise, which is the same process.

    Attributes:
        num_steps: T.
        first: the variance that the sigmoid rises from.
        last: the variance that it rises to.
    """

    num_steps: int
    first: float
    last: float

    @cached_property
    def signal(self) -> np.ndarray:
        """The share a_t of the variance that is the molecule's, shape (T,)."""
        rise = 1 / (1 + np.exp(-np.linspace(-STEEPNESS, STEEPNESS, self.num_steps)))
        return np.cumprod(1 - (self.first + (self.last - self.first) * rise))

    @cached_property
    def levels(self) -> np.ndarray:
        """The standard deviation sigma_t = sqrt(1 / a_t - 1) of the noise in angstrom, shape (T,)."""
        return np.sqrt(1 / self.signal - 1)

    def descent(self, num_steps: int) -> np.ndarray:
        """Return levels from the highest one down to no noise, shape (num_steps + 1,), evenly spaced in t."""
        steps = np.linspace(self.num_steps - 1, 0, num_steps).round().astype(np.int64)
        return np.append(self.levels[steps], 0.0)

"""Linear regression with known truth as a source of real data."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np

from genloop.data.regression.design import Array, Design, normal_rows
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.shard import Linear, Shard
from genloop.errors import UserError
from genloop.identity import derive_seed, describe
from genloop.types import Context


@dataclass(frozen=True)
class Regression:
    """Rows x ~ N(0, Sigma) with targets y = x.w* + noise: section 2.1 of arXiv 2404.01413.

    `num_replicates` independent loops, each with its own X and noise, are computed as one. They share an
    experiment's seed; seeds of one source vary the synthetic noise only, the real data stay.

    Attributes:
        dimension: d.
        num_train: real rows; T, unless the experiment's num_samples takes fewer. A reused X has so many rows.
        num_test: held-out rows, for models whose test error has no closed form.
        noise_deviation: sigma, of real and synthetic targets.
        decay: eigenvalue i of Sigma is i^-decay; 0 is isotropic, and the condition number is d^decay.
        truth: `fixed` w* = (1, ..., 1) / sqrt(d), or `drawn` from N(0, I / d) in every replicate.
        design: every source has the X of the real data again, as in the paper, or fresh rows.
        num_replicates: R.
        seed: of the real data.
    """

    version: ClassVar[int] = 1

    dimension: int = 10
    num_train: int = 100
    num_test: int = 200
    noise_deviation: float = 1.0
    decay: float = 0.0
    truth: Literal["fixed", "drawn"] = "fixed"
    design: Literal["reused", "fresh"] = "reused"
    num_replicates: int = 100
    seed: int = 0

    def __post_init__(self) -> None:
        sizes = ("dimension", "num_train", "num_test", "num_replicates")
        problems = [
            f"{name}={getattr(self, name)} is no size; use 1 or more" for name in sizes if getattr(self, name) < 1
        ]
        if not (0 <= self.noise_deviation < np.inf):
            problems.append(f"noise_deviation={self.noise_deviation} is no standard deviation; use 0 or more")
        if self.truth not in ("fixed", "drawn"):
            problems.append(f"truth={self.truth!r} is unknown; use 'fixed' or 'drawn'")
        if self.design not in ("reused", "fresh"):
            problems.append(f"design={self.design!r} is unknown; use 'reused' or 'fresh'")
        if problems:
            raise UserError(f"Regression: {'. '.join(problems)}.")

    def identity(self) -> object:
        return describe(self)

    def prepare(self, directory: Path, context: Context) -> None:
        for part, num in (("train", self.num_train), ("test", self.num_test)):
            self.shard(part, num).save(directory / f"{part}.npz")

    def open(self, directory: Path) -> RegressionDomain:
        return RegressionDomain(directory)

    def shard(self, part: str, num: int) -> Shard:
        """Return the first `num` rows of one part of the real data."""
        period = num if part == "train" and self.design == "reused" else None
        seed = derive_seed(self.seed, part, "design")
        design = Design(seed, self.num_replicates, self.dimension, self.decay, period)
        return Shard(design, num, Linear(self._weights()), self.noise_deviation, derive_seed(self.seed, part, "noise"))

    def _weights(self) -> Array:
        """Return w* of every replicate, shape (R, d)."""
        if self.truth == "fixed":
            return np.full((self.num_replicates, self.dimension), self.dimension**-0.5)
        seed = derive_seed(self.seed, "truth")
        return normal_rows(seed, 0, self.num_replicates, (self.dimension,)) / np.sqrt(self.dimension)

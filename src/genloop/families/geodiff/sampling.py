"""How conformations are drawn from a GeoDiff model."""

from dataclasses import dataclass
from typing import ClassVar, Literal

from genloop.errors import UserError


@dataclass(frozen=True)
class Sampling:
    """How noise becomes a conformation.

    Attributes:
        num_steps: steps from pure noise to a conformation, out of those of diffusion; the study took 50.
        kind: `ancestral` adds fresh noise at every step, with the posterior's variance; `ddim` adds none, so that the
            first noise decides everything (Song, Meng & Ermon 2021).
        clip: longest noise of an atom that is believed, in standard deviations; a longer one is shortened to it, which
            keeps a sample finite that leaves what the network knows.
    """

    version: ClassVar[int] = 1  # bump when the same model, settings and seed would give other samples

    num_steps: int = 50
    kind: Literal["ancestral", "ddim"] = "ancestral"
    clip: float = 10.0

    def __post_init__(self) -> None:
        problems = []
        if self.num_steps < 1:
            problems.append(f"num_steps={self.num_steps} leaves pure noise; use 1 or more")
        if self.kind not in ("ancestral", "ddim"):
            problems.append(f"kind={self.kind!r} is unknown; use 'ancestral' or 'ddim'")
        if not self.clip > 0:
            problems.append(f"clip={self.clip} would remove no noise; use more than 0")
        if problems:
            raise UserError("Sampling: " + ". ".join(problems) + ".")

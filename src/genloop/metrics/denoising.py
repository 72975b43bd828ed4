"""The loss that a diffusion model is fitted to, on real test data."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.errors import UserError
from genloop.types import Context, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, Value


class NoiseFinder(Protocol):
    """A model with a loss of noise."""

    def mean_loss(self, data: MoleculeDataset, *, seed: int, context: Context) -> float: ...


@dataclass(frozen=True)
class DenoisingLoss:
    """Mean squared error of the predicted noise on real test conformations.

    The times and the noise are drawn with one seed in every iteration, so iterations and policies differ by the model
    alone.

    Attributes:
        num_conformations: of the test data to score, from the first; None scores all.
        noise_seed: of the times and the noise.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "conformation"
    wants: ClassVar[Mapping[str, str]] = {"denoising_loss": "a loss of noise"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (Value("test_loss", "squared error", "higher", LOSS, citations=("xu2022geodiff",), bounds=NOT_NEGATIVE),)
    about = "real test conformations | model_t, the same noise in every iteration"

    num_conformations: int | None = None
    noise_seed: int = 0

    def __post_init__(self) -> None:
        if self.num_conformations is not None and self.num_conformations < 1:
            raise UserError(
                f"num_conformations={self.num_conformations} leaves nothing to score. Use 1 or more, or None."
            )

    def score(
        self, evidence: Evidence[MoleculeDataset, NoiseFinder], *, seed: int, context: Context
    ) -> Mapping[str, float]:
        num = min(self.num_conformations or len(evidence.test), len(evidence.test))
        test = evidence.test.slice(0, num)
        return {"test_loss": evidence.model.mean_loss(test, seed=self.noise_seed, context=context)}

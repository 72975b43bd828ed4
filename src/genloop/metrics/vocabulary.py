"""How much of real text's vocabulary the samples still use."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from genloop.metrics.words import all_words, check_positive, first_tokens
from genloop.types import Context, Evidence


@dataclass(frozen=True)
class TailMass:
    """Share of the words in real test text that never occur in the samples.

    Attributes:
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        return {"tail_mass": "share of test words"}

    @property
    def about(self) -> str:
        return "real test words | text of model_t"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        known = set(all_words(first_tokens(evidence.samples, self.num_tokens)))
        test_words = all_words(evidence.test)
        return {"tail_mass": sum(word not in known for word in test_words) / max(1, len(test_words))}

"""How much of real text's vocabulary the samples still use."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.text.tokens import TokenDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import WORDS, all_words, first_tokens
from genloop.types import Context, Evidence
from genloop.values import SHARE, TAILS, Value

BANDS = {"head": 0.80, "middle": 0.95, "tail": 1.0}  # share of the test words at which a band ends


@dataclass(frozen=True)
class TailMass:
    """Share of the words in real test text that never occur in the samples.

    Attributes:
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 3  # 3: words by Unicode's rules, characters where scripts have no spaces
    examples: ClassVar[str] = "token"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (Value("tail_mass", "share of test words", "higher", TAILS, rank=3, bounds=SHARE),)
    about = f"real test words | text of model_t ({WORDS})"

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens)

    @property
    def most_examples(self) -> int:
        return self.num_tokens

    def score(self, evidence: Evidence[TokenDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        known = set(all_words(first_tokens(evidence.samples, self.num_tokens)))
        test_words = all_words(evidence.test)
        return {"tail_mass": sum(word not in known for word in test_words) / max(1, len(test_words))}


@dataclass(frozen=True)
class RareTypes:
    """Survival of the vocabulary by frequency: the share of a band's types that occur in the samples.

    The types (different words) of the real test text are ranked by their count in it. The head is the fewest types
    that make up 80 % of its words, the middle the next up to 95 %, the tail the rest; equal counts rank by first use.
    `TailMass` counts the same lost types by their use in the test text, where the head outweighs the tail.

    Text of any finite size lacks rare types, real text too: take the survival in as much real text, the noise floor,
    for 1. A band without types, in a very short test text, is NaN.

    Attributes:
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 3  # 3: words by Unicode's rules, characters where scripts have no spaces
    examples: ClassVar[str] = "token"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value("survival_head", "share of types", "lower", TAILS, rank=2, bounds=SHARE),
        Value("survival_middle", "share of types", "lower", TAILS, rank=2, bounds=SHARE),
        Value("survival_tail", "share of types", "lower", TAILS, bounds=SHARE),
    )
    about = f"types of real test text | text of model_t ({WORDS})"

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens)

    @property
    def most_examples(self) -> int:
        return self.num_tokens

    def score(self, evidence: Evidence[TokenDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        known = set(all_words(first_tokens(evidence.samples, self.num_tokens)))
        bands = _bands(all_words(evidence.test))
        return {f"survival_{band}": _survival(types, known) for band, types in bands.items()}


def _bands(test_words: Sequence[str]) -> dict[str, Sequence[str]]:
    """Return the types of every band, the most frequent first."""
    ranked = Counter(test_words).most_common()
    types, counts = [word for word, _ in ranked], [count for _, count in ranked]
    targets = [share * len(test_words) for share in BANDS.values()]
    ends = np.searchsorted(np.cumsum(counts), targets) + 1  # the fewest types that reach each target
    return {band: types[start:end] for band, start, end in zip(BANDS, [0, *ends], ends, strict=False)}


def _survival(types: Sequence[str], known: set[str]) -> float:
    return sum(word in known for word in types) / len(types) if types else float("nan")

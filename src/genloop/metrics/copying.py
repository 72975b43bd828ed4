"""Verbatim copying from the training set."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.text.tokens import TokenDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import first_tokens
from genloop.types import Context, Evidence
from genloop.values import COPYING, SHARE, Value

CHUNK = 1 << 20  # tokens of the training set looked at at a time
MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd multiplier with well-spread bits: 2^64 over the golden ratio


@dataclass(frozen=True)
class Copying:
    """Share of the samples' token n-grams that occur in the model's own training set; 0 without any.

    N-grams lie within documents. They are compared by 64-bit hashes, so about one in 2^64 / training tokens is
    wrongly counted as copied.

    Attributes:
        n: tokens in an n-gram.
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "token"
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "train"})
    any_size: ClassVar[bool] = True  # a share of them

    n: int = 8
    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(n=self.n, num_tokens=self.num_tokens)

    @property
    def values(self) -> tuple[Value, ...]:
        return (Value(f"copied_{self.n}grams", "share of n-grams", "higher", COPYING, bounds=SHARE),)

    @property
    def about(self) -> str:
        return "text of model_t | its training set"

    def score(self, evidence: Evidence[TokenDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        hashes = _ngram_hashes(first_tokens(evidence.samples, self.num_tokens), 0, self.num_tokens, self.n)
        different, counts = np.unique(hashes, return_counts=True)
        copied = np.zeros(len(different), bool)
        for start in range(0, len(evidence.train), CHUNK):
            copied |= np.isin(different, _ngram_hashes(evidence.train, start, start + CHUNK + self.n - 1, self.n))
        return {f"copied_{self.n}grams": float(counts[copied].sum() / max(1, len(hashes)))}


def _ngram_hashes(tokens: TokenDataset, start: int, stop: int, n: int) -> np.ndarray:
    """Return a 64-bit hash of every n-gram between `start` and `stop` that has no end-of-text in it."""
    read = tokens.read(start, min(stop, len(tokens)))
    num = max(0, len(read) - n + 1)
    hashes = np.zeros(num, np.uint64)
    is_whole = np.ones(num, bool)
    for offset in range(n):
        token = read[offset : offset + num]
        hashes = (hashes ^ token) * MIX
        hashes ^= hashes >> np.uint64(29)
        is_whole &= token != tokens.vocabulary.end_of_text
    return hashes[is_whole]

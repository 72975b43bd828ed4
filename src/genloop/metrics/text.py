"""Metrics of text: test loss, diversity, copying from the training set, and the tail of the vocabulary.

A word is a run of letters, digits or underscores, with apostrophes inside (`didn't`), in lower case. Metrics of
samples look at the first `num_tokens` tokens, so that their counts compare between samples of different size; the
documents of a sample are independent, so the first are as good as any. Shorter samples are used whole.
"""

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np

from genloop.data.tokens import TokenDataset
from genloop.errors import UserError
from genloop.types import Context, Evidence

WORD = re.compile(r"\w+(?:['\u2019]\w+)*")
CHUNK = 1 << 20  # tokens of the training set looked at at a time
MIX = np.uint64(0x9E3779B97F4A7C15)  # an odd multiplier with well-spread bits: 2^64 over the golden ratio


@dataclass(frozen=True)
class TestLoss:
    """Cross-entropy of the model on real test text, end-of-text included.

    Attributes:
        num_tokens: test tokens to score, from the first; None scores all.
    """

    __test__: ClassVar[bool] = False  # no test case, whatever pytest thinks of the name
    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    num_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.num_tokens is not None:
            _check_positive("num_tokens", self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        return {"test_loss": "nats/token", "bits_per_byte": "bits/byte"}

    @property
    def about(self) -> str:
        return "real test text | model_t"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        test = _first(evidence.test, self.num_tokens)
        loss = evidence.model.mean_loss(test, context=context)
        num_bytes = sum(len(text.encode()) for text in test.texts())
        return {"test_loss": loss, "bits_per_byte": loss * len(test) / math.log(2) / num_bytes}


@dataclass(frozen=True)
class Diversity:
    """How varied the samples are.

    `distinct_n` is the share of different n-grams of words among all of them, within documents; 0 without any.
    `unigram_entropy` is that of the words' frequencies; `mean_length` the tokens in a finished document, or in the
    whole sample where none is finished.

    Attributes:
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        _check_positive("num_tokens", self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        shares = dict.fromkeys(("distinct_1", "distinct_2", "distinct_3"), "share of n-grams")
        return {**shares, "unigram_entropy": "nats/word", "mean_length": "tokens/document"}

    @property
    def about(self) -> str:
        return "text of model_t"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        samples = _first(evidence.samples, self.num_tokens)
        documents = [words(text) for text in samples.texts()]
        return {
            **{f"distinct_{n}": _distinct(documents, n) for n in (1, 2, 3)},
            "unigram_entropy": _entropy(Counter(chain.from_iterable(documents))),
            "mean_length": _mean_length(samples),
        }


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
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "train"})

    n: int = 8
    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        _check_positive("n", self.n)
        _check_positive("num_tokens", self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        return {f"copied_{self.n}grams": "share of n-grams"}

    @property
    def about(self) -> str:
        return "text of model_t | its training set"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        hashes = _ngram_hashes(_first(evidence.samples, self.num_tokens), 0, self.num_tokens, self.n)
        different, counts = np.unique(hashes, return_counts=True)
        copied = np.zeros(len(different), bool)
        for start in range(0, len(evidence.train), CHUNK):
            copied |= np.isin(different, _ngram_hashes(evidence.train, start, start + CHUNK + self.n - 1, self.n))
        return {f"copied_{self.n}grams": float(counts[copied].sum() / max(1, len(hashes)))}


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
        _check_positive("num_tokens", self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        return {"tail_mass": "share of test words"}

    @property
    def about(self) -> str:
        return "real test words | text of model_t"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        samples = _first(evidence.samples, self.num_tokens)
        known = set(chain.from_iterable(map(words, samples.texts())))
        test_words = list(chain.from_iterable(map(words, evidence.test.texts())))
        return {"tail_mass": sum(word not in known for word in test_words) / max(1, len(test_words))}


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return WORD.findall(text.casefold())


def _first(tokens: TokenDataset, num: int | None) -> TokenDataset:
    return tokens if num is None else tokens.slice(0, min(num, len(tokens)))


def _distinct(documents: list[list[str]], n: int) -> float:
    ngrams = list(chain.from_iterable(_ngrams(document, n) for document in documents))
    return len(set(ngrams)) / max(1, len(ngrams))


def _ngrams(document: list[str], n: int) -> Iterator[tuple[str, ...]]:
    return zip(*(document[start:] for start in range(n)), strict=False)


def _entropy(counts: Counter[str]) -> float:
    total = counts.total()
    return sum(count / total * math.log(total / count) for count in counts.values())


def _mean_length(samples: TokenDataset) -> float:
    ends = np.flatnonzero(samples.read(0, len(samples)) == samples.vocabulary.end_of_text)
    return float((ends[-1] + 1 - len(ends)) / len(ends)) if len(ends) else float(len(samples))


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


def _check_positive(name: str, value: int) -> None:
    if value < 1:
        raise UserError(f"{name}={value} leaves nothing to look at. Use a positive number.")

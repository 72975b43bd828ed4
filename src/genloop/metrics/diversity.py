"""How varied text is, within one sample."""

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import chain
from typing import ClassVar

import numpy as np

from genloop.data.text.tokens import TokenDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import WORDS, first_tokens, ngrams, words
from genloop.types import Context, Evidence
from genloop.values import DIVERSITY, NOT_NEGATIVE, SHARE, Value


def _share_of_ngrams(n: int) -> Value:
    rank = 1 if n == 2 else 2
    name, cited = f"distinct_{n}", ("li2016diversity",)
    return Value(name, "share of n-grams", "lower", DIVERSITY, rank=rank, citations=cited, bounds=SHARE)


@dataclass(frozen=True)
class Diversity:
    """How varied the samples are.

    `distinct_n` is the share of different n-grams of words among all of them, within documents; 0 without any.
    `unigram_entropy` is that of the words' frequencies; `mean_length` the tokens in a finished document, or in the
    whole sample where none is finished.

    Attributes:
        num_tokens: tokens of the samples to look at.
    """

    version: ClassVar[int] = 3  # 3: words by Unicode's rules, characters where scripts have no spaces
    examples: ClassVar[str] = "token"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        *(_share_of_ngrams(n) for n in (1, 2, 3)),
        Value("unigram_entropy", "nats/word", "lower", DIVERSITY, rank=3, bounds=NOT_NEGATIVE),
        Value("mean_length", "tokens/document", bounds=NOT_NEGATIVE),
    )
    about = f"text of model_t ({WORDS})"

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens)

    @property
    def most_examples(self) -> int:
        return self.num_tokens

    def score(self, evidence: Evidence[TokenDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        samples = first_tokens(evidence.samples, self.num_tokens)
        documents = [words(text) for text in samples.texts()]
        return {
            **{f"distinct_{n}": _distinct(documents, n) for n in (1, 2, 3)},
            "unigram_entropy": _entropy(Counter(chain.from_iterable(documents))),
            "mean_length": _mean_length(samples),
        }


def _distinct(documents: list[list[str]], n: int) -> float:
    found = list(chain.from_iterable(ngrams(document, n) for document in documents))
    return len(set(found)) / max(1, len(found))


def _entropy(counts: Counter[str]) -> float:
    total = counts.total()
    return sum(count / total * math.log(total / count) for count in counts.values())


def _mean_length(samples: TokenDataset) -> float:
    ends = np.flatnonzero(samples.read(0, len(samples)) == samples.vocabulary.end_of_text)
    return float((ends[-1] + 1 - len(ends)) / len(ends)) if len(ends) else float(len(samples))

"""How much the documents of one sample resemble each other."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from statistics import fmean
from typing import ClassVar

from genloop.data.extras import needs_extra
from genloop.data.text.tokens import TokenDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import WORDS, ngrams, words
from genloop.types import Context, Evidence
from genloop.values import DIVERSITY, NOT_NEGATIVE, Value

MAX_N = 4  # words in the longest n-grams of BLEU
FLOOR = 0.1  # stands for the count of n-grams without a match: "method 1" of Chen & Cherry 2014, as Texygen has it

Counts = Counter[tuple[str, ...]]


@dataclass(frozen=True)
class SelfBLEU:
    """Mean BLEU-4 of each document as hypothesis, with all others as its references: 100 where they are all equal.

    It rises as documents of one sample come to resemble each other, which diversity within a document does not see.
    It also grows with the number of references and falls with the length, so both are fixed; documents are cut, shorter
    ones used whole. NaN for fewer than two.

    Zhu et al. 2018, "Texygen" (arXiv 1802.01886), with words in lower case; BLEU itself is sacrebleu's.

    Attributes:
        num_documents: documents of the samples to compare, from the first.
        num_words: words of a document to look at.
    """

    version: ClassVar[int] = 3  # 3: words by Unicode's rules, characters where scripts have no spaces
    examples: ClassVar[str] = "token"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value(
            "self_bleu", "BLEU points", "higher", DIVERSITY, rank=4,
            citations=("zhu2018texygen", "papineni2002bleu", "post2018call"), bounds=NOT_NEGATIVE,
        ),
    )  # fmt: skip
    about = f"documents of model_t | its other documents ({WORDS})"

    num_documents: int = 100
    num_words: int = 50

    def __post_init__(self) -> None:
        check_positive(num_documents=self.num_documents, num_words=self.num_words)

    def score(self, evidence: Evidence[TokenDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        documents = (words(text)[: self.num_words] for text in evidence.samples.texts())
        chosen = list(islice(filter(None, documents), self.num_documents))
        return {"self_bleu": fmean(_bleus(chosen)) if len(chosen) > 1 else float("nan")}


def _bleus(documents: Sequence[Sequence[str]]) -> Iterator[float]:
    """Iterate over the BLEU of each document against all others.

    BLEU counts an n-gram at most as often as the reference richest in it. Among all others that is min(count, second
    highest count of all documents), so one table serves every hypothesis.
    """
    with needs_extra("text"):
        from sacrebleu.metrics.bleu import BLEU

    counts = [_count(document) for document in documents]
    second = _second_highest(counts)
    for i, count in enumerate(counts):
        matched, total = [0] * MAX_N, [0] * MAX_N
        for ngram, num in count.items():
            matched[len(ngram) - 1] += min(num, second[ngram])
            total[len(ngram) - 1] += num
        length = len(documents[i])
        others = [len(document) for document in chain(documents[:i], documents[i + 1 :])]
        closest = min(others, key=lambda other: (abs(other - length), other))
        smoothing = {"smooth_method": "floor", "smooth_value": FLOOR}
        yield BLEU.compute_bleu(matched, total, length, closest, effective_order=True, **smoothing).score


def _count(document: Sequence[str]) -> Counts:
    return Counter(chain.from_iterable(ngrams(document, n) for n in range(1, MAX_N + 1)))


def _second_highest(counts: Sequence[Counts]) -> Counts:
    """Return of every n-gram the second highest of its counts in one document; 0 if only one has it."""
    highest, second = Counter(), Counter()
    for count in counts:
        for ngram, num in count.items():
            low, high = sorted((num, highest[ngram]))
            second[ngram], highest[ngram] = max(low, second[ngram]), high
    return second

"""Metrics of text against values worked out by hand or by plain Python on tiny inputs."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from genloop.data import vocabularies
from genloop.data.tokens import Segment, TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.metrics import copying
from genloop.metrics.copying import Copying
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.metrics.vocabulary import TailMass
from genloop.metrics.words import words
from genloop.types import Context, Evidence

END = 0


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    path: Path = tmp_path_factory.mktemp("vocabulary") / "tokenizer.json"
    vocabularies.learn([], vocabularies.SMALLEST).save(str(path))  # a token is a byte
    return Vocabulary(path)


def encoded(vocabulary: Vocabulary, *texts: str) -> TokenDataset:
    return TokenDataset((Segment(vocabularies.encode(texts, vocabulary, lambda _: None)),), vocabulary)


def raw(vocabulary: Vocabulary, tokens: list[int]) -> TokenDataset:
    return TokenDataset((Segment(np.array(tokens, np.uint16)),), vocabulary)


def score(metric: Any, **evidence: Any) -> dict[str, float]:
    values = metric.score(Evidence(**{"test": None, **evidence}), seed=0, context=Context())
    assert values.keys() == metric.units.keys()
    return values


class UniformModel:
    """Predicts every token with the same probability, whatever came before."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.num_scored = 0

    def mean_loss(self, test: TokenDataset, *, context: Context) -> float:
        self.num_scored = len(test)
        return math.log(self.size)


def test_bits_per_byte_of_a_uniform_model_counts_ends_but_not_their_bytes(vocabulary: Vocabulary):
    test = encoded(vocabulary, "abc", "é")  # 3 + 2 bytes, and 2 ends
    values = score(TestLoss(), test=test, model=UniformModel(256))
    assert values["test_loss"] == pytest.approx(math.log(256))
    assert values["bits_per_byte"] == pytest.approx(8 * 7 / 5)


def test_loss_on_the_first_tokens_only(vocabulary: Vocabulary):
    model = UniformModel(256)
    values = score(TestLoss(num_tokens=4), test=encoded(vocabulary, "abc", "defgh"), model=model)
    assert model.num_scored == 4
    assert values["bits_per_byte"] == pytest.approx(8 * 4 / 3)


def test_diversity_by_hand(vocabulary: Vocabulary):
    values = score(Diversity(), samples=encoded(vocabulary, "The cat saw the dog.", "the cat"))
    assert values["distinct_1"] == pytest.approx(4 / 7)  # the cat saw dog, of 7 words
    assert values["distinct_2"] == pytest.approx(4 / 5)  # "the cat" twice; none across documents
    assert values["distinct_3"] == pytest.approx(1.0)
    frequencies = np.array([3, 2, 1, 1]) / 7
    assert values["unigram_entropy"] == pytest.approx(-(frequencies * np.log(frequencies)).sum())
    assert values["mean_length"] == pytest.approx((20 + 7) / 2)


def test_diversity_looks_at_equal_amounts(vocabulary: Vocabulary):
    sample = encoded(vocabulary, "a b c d", "a b c d")
    assert score(Diversity(num_tokens=8), samples=sample)["distinct_1"] == 1.0
    assert score(Diversity(), samples=sample)["distinct_1"] == 0.5


def test_mean_length_leaves_the_unfinished_document_out(vocabulary: Vocabulary):
    sample = encoded(vocabulary, "abc", "defgh")
    assert score(Diversity(), samples=sample.slice(0, 7))["mean_length"] == 3
    assert score(Diversity(), samples=sample.slice(0, 2))["mean_length"] == 2


def test_samples_without_words_have_no_diversity(vocabulary: Vocabulary):
    values = score(Diversity(), samples=raw(vocabulary, [END, END, END]))
    assert set(values.values()) == {0.0}


def test_copying_is_one_on_the_training_set_and_zero_on_other_text(vocabulary: Vocabulary):
    train = encoded(vocabulary, "it was the best of times", "it was the worst of times")
    assert score(Copying(), samples=train, train=train) == {"copied_8grams": 1.0}
    assert score(Copying(), samples=encoded(vocabulary, "call me Ishmael"), train=train) == {"copied_8grams": 0.0}


def test_copying_counts_repeats_and_ignores_ngrams_across_documents(vocabulary: Vocabulary):
    train = encoded(vocabulary, "ab", "cd")
    sample = encoded(vocabulary, "ab", "ab", "bc", "cd")  # 3 of 4 bigrams; "bc" is not within a training document
    assert score(Copying(n=2), samples=sample, train=train) == {"copied_2grams": 0.75}


STREAM = st.lists(st.integers(0, 2), max_size=30)


@given(sample=STREAM, train=STREAM, n=st.integers(1, 4), chunk=st.integers(1, 7))
def test_copying_agrees_with_sets_of_tuples(
    sample: list[int], train: list[int], n: int, chunk: int, vocabulary: Vocabulary
):
    def ngrams(tokens: list[int]) -> list[tuple[int, ...]]:
        found = [tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1)]
        return [ngram for ngram in found if END not in ngram]

    seen = set(ngrams(train))
    expected = sum(ngram in seen for ngram in ngrams(sample)) / max(1, len(ngrams(sample)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(copying, "CHUNK", chunk)
        values = score(Copying(n=n), samples=raw(vocabulary, sample), train=raw(vocabulary, train))
    assert values[f"copied_{n}grams"] == pytest.approx(expected)


def test_tail_mass_weighs_words_by_their_use_in_the_test(vocabulary: Vocabulary):
    test = encoded(vocabulary, "Whale, whale and harpoon", "the harpooner didn't")
    samples = encoded(vocabulary, "the Whale and the sea didn")
    assert score(TailMass(), test=test, samples=samples)["tail_mass"] == pytest.approx(3 / 7)
    assert score(TailMass(num_tokens=3), test=test, samples=samples)["tail_mass"] == pytest.approx(6 / 7)


def test_words_keep_their_apostrophes():
    assert words("Don't — 'quote' The dogs' 3rd naïve’s") == ["don't", "quote", "the", "dogs", "3rd", "naïve’s"]  # noqa: RUF001


@pytest.mark.parametrize("metric", [TestLoss(), Diversity(), Copying(), TailMass()])
def test_a_budget_must_be_positive(metric: Any):
    with pytest.raises(UserError, match="num_tokens=0"):
        replace(metric, num_tokens=0)

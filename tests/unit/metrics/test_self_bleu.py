"""Self-BLEU against sacrebleu's own sentence scores, and against its limits."""

import math
from random import Random
from statistics import fmean

import pytest
from sacrebleu.metrics.bleu import BLEU
from scoring import score
from text_fixtures import byte_vocabulary, encoded

from genloop.data.text.tokens import Vocabulary
from genloop.errors import UserError
from genloop.metrics.self_bleu import SelfBLEU


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return byte_vocabulary(tmp_path_factory.mktemp("vocabulary"))


def self_bleu(vocabulary: Vocabulary, *texts: str, **settings: int) -> float:
    return score(SelfBLEU(**settings), samples=encoded(vocabulary, *texts))["self_bleu"]


@pytest.mark.parametrize("seed", range(5))
def test_agrees_with_sacrebleu_document_by_document(seed: int, vocabulary: Vocabulary):
    random = Random(seed)
    texts = [" ".join(random.choices("abcd", k=random.randint(1, 12))) for _ in range(12)]
    bleu = BLEU(tokenize="none", smooth_method="floor", smooth_value=0.1, effective_order=True)
    scores = [bleu.sentence_score(text, texts[:i] + texts[i + 1 :]).score for i, text in enumerate(texts)]
    assert 10 < fmean(scores) < 100
    assert self_bleu(vocabulary, *texts) == pytest.approx(fmean(scores), rel=1e-12)


def test_limits(vocabulary: Vocabulary):
    assert self_bleu(vocabulary, *["Call me Ishmael, some years ago"] * 3) == pytest.approx(100)
    assert self_bleu(vocabulary, "go", "Go!") == pytest.approx(100)
    assert self_bleu(vocabulary, "one two three four five", "six seven eight nine ten") == 0
    assert math.isnan(self_bleu(vocabulary, "alone", "..."))


def test_looks_at_equal_amounts(vocabulary: Vocabulary):
    texts = ("a b c d e", "a b c d f", "g h i j k")
    assert self_bleu(vocabulary, *texts, num_words=4, num_documents=2) == pytest.approx(100)
    assert self_bleu(vocabulary, *texts, num_words=4) == pytest.approx(200 / 3)
    assert self_bleu(vocabulary, *texts, num_documents=2) == pytest.approx(
        100 * (4 / 5 * 3 / 4 * 2 / 3 * 1 / 2) ** 0.25
    )


@pytest.mark.parametrize("name", ["num_documents", "num_words"])
def test_amounts_must_be_positive(name: str):
    with pytest.raises(UserError, match=f"{name}=0"):
        SelfBLEU(**{name: 0})

"""MAUVE with the features of a tiny network: the frontier against closed forms, its limits, and equal amounts."""

import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lm_fixtures import random_tokens, small_vocabulary
from scoring import score

from genloop.data.text.tokens import Segment, TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.mauve import Mauve, features, frontier_area, histograms
from genloop.types import Context, Runtime

CONTEXT = 8
SHAPE = {"width": 16, "num_layers": 1, "num_heads": 2, "context": CONTEXT, "num_steps": 1, "batch": 1}


@pytest.fixture(scope="module")
def vocabulary(tmp_path_factory: pytest.TempPathFactory) -> Vocabulary:
    return small_vocabulary(tmp_path_factory.mktemp("vocabulary"), 20)


@pytest.fixture(scope="module")
def first(vocabulary: Vocabulary):
    context = Context(Runtime(device="cpu", threads=1))
    return GPT2(**SHAPE).fit(random_tokens(vocabulary, 100), seed=0, context=context)


def documents(vocabulary: Vocabulary, low: int, high: int, *, seed: int, num: int = 200) -> TokenDataset:
    """Return documents of six uniformly random words from a range."""
    tokens = np.random.default_rng(seed).integers(low, high, (num, 7)).astype(vocabulary.dtype)
    tokens[:, -1] = vocabulary.end_of_text
    return TokenDataset((Segment(tokens.ravel()),), vocabulary)


def test_features_are_those_of_each_document_alone(first, monkeypatch):
    random = np.random.default_rng(0)
    texts = [random.integers(0, 20, length) for length in (3, 1, 8, 12, 5)]
    with torch.inference_mode():
        alone = [first.network(torch.from_numpy(text[None, :CONTEXT])).mean(0).numpy() for text in texts]
    for at_once in (1, 2 * CONTEXT, 100 * CONTEXT):
        monkeypatch.setattr("genloop.metrics.mauve.TOKENS_AT_ONCE", at_once)
        np.testing.assert_allclose(features(first.network, texts), alone, rtol=1e-4, atol=1e-5)


def test_area_of_frontiers_known_in_closed_form():
    p = np.array([0.2, 0.3, 0.5])
    assert frontier_area(p, p) == pytest.approx(1)
    # Apart, the curve is ((1 - lambda)^5, lambda^5), with an area of 5 Gamma(5) Gamma(6) / Gamma(11) = 1 / 252.
    assert frontier_area(np.array([1.0, 0.0]), np.array([0.0, 1.0])) == pytest.approx(1 / 252, rel=1e-2)
    assert frontier_area(p, p[::-1]) == pytest.approx(frontier_area(p[::-1], p))


def test_histograms_share_cells_and_follow_the_directions_of_the_features():
    """Two directions, whatever their lengths, are two cells; each text has its own shares of them."""
    lengths = np.random.default_rng(0).uniform(1, 100, (20, 1))
    right, up = lengths * [1.0, 0.0], lengths * [0.0, 1.0]
    p, q = histograms(np.concatenate([right[:15], up[:5]]), np.concatenate([right[:2], up[:18]]), seed=0)
    assert sorted(zip(p, q, strict=True)) == [(0.25, 0.9), (0.75, 0.1)]


def test_near_one_for_the_same_distribution_and_near_zero_for_another(vocabulary, first):
    test = documents(vocabulary, 1, 10, seed=0)
    same, again, other = (
        score(Mauve(), seed=1 << 59, test=test, samples=samples, first=first)["mauve"]
        for samples in (*[documents(vocabulary, 1, 10, seed=1)] * 2, documents(vocabulary, 10, 20, seed=2))
    )
    assert same == again > 0.9  # the noise floor of 200 points
    assert other < 0.05


def test_takes_equally_many_documents_of_both_texts(vocabulary, first, monkeypatch):
    seen = _stand_in(monkeypatch)
    test, samples = documents(vocabulary, 1, 10, seed=0), documents(vocabulary, 1, 10, seed=1, num=30)
    assert score(Mauve(), test=test, samples=samples, first=first) == {"mauve": pytest.approx(1)}
    assert score(Mauve(num_documents=25), test=test, samples=samples, first=first) == {"mauve": pytest.approx(1)}
    few = samples.slice(0, 7 * 19)
    assert math.isnan(score(Mauve(), test=test, samples=few, first=first)["mauve"])
    assert [(len(p), len(q)) for p, q in seen] == [(30, 30), (25, 25)]


def test_a_model_without_hidden_states_is_refused(vocabulary):
    text = documents(vocabulary, 1, 10, seed=0)
    with pytest.raises(UserError, match="SimpleNamespace has none"):
        score(Mauve(), test=text, samples=text, first=SimpleNamespace())


def test_a_missing_library_is_named_with_its_extra(vocabulary, first, monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn.cluster", None)
    text = documents(vocabulary, 1, 10, seed=0)
    with pytest.raises(UserError, match=r"pip install 'genloop\[mauve\]'"):
        score(Mauve(), test=text, samples=text, first=first)


def _stand_in(monkeypatch: pytest.MonkeyPatch) -> list[tuple[np.ndarray, np.ndarray]]:
    """Replace the cells by two that differ, and return the features that will be put into them."""
    seen: list[tuple[np.ndarray, np.ndarray]] = []

    def histograms(p: np.ndarray, q: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
        seen.append((p, q))
        return np.array([0.5, 0.5]), np.array([0.5, 0.5])

    monkeypatch.setattr("genloop.metrics.mauve.histograms", histograms)
    return seen

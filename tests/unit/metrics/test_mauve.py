"""MAUVE with the features of a tiny network: the frontier against closed forms, its limits, and equal amounts."""

import math
import sys
from itertools import islice
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from lm_fixtures import random_tokens, small_vocabulary
from scoring import score, standard_errors

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


def documents(
    vocabulary: Vocabulary, low: int, high: int, *, seed: int, num: int = 200, length: int = 7
) -> TokenDataset:
    """Return documents of uniformly random words from a range, six of them and the end by default."""
    tokens = np.random.default_rng(seed).integers(low, high, (num, length)).astype(vocabulary.dtype)
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


def test_as_many_documents_of_both_texts_are_compared_whatever_the_samples(vocabulary, first, monkeypatch):
    """Half of those in as much test text as there are samples: 110 of 1,540 tokens in documents of 7."""
    seen = _stand_in(monkeypatch)
    test, short = documents(vocabulary, 1, 10, seed=0, num=400), documents(vocabulary, 1, 10, seed=1, num=220)
    longer = documents(vocabulary, 1, 10, seed=1, num=110, length=14)
    assert score(Mauve(), test=test, samples=short, first=first) == {"mauve": pytest.approx(1)}
    assert score(Mauve(), test=test, samples=longer, first=first) == {"mauve": pytest.approx(1)}
    assert score(Mauve(num_documents=105), test=test, samples=short, first=first) == {"mauve": pytest.approx(1)}
    assert [len(p) for p, _ in seen] == [len(q) for _, q in seen] == [110] * 10 + [105] * 5
    too_long = documents(vocabulary, 1, 10, seed=1, num=77, length=20)
    assert math.isnan(score(Mauve(), test=test, samples=too_long, first=first)["mauve"])


def test_fewer_than_a_hundred_documents_are_refused(vocabulary, first):
    test = documents(vocabulary, 1, 10, seed=0, num=199)
    assert math.isnan(score(Mauve(), test=test, samples=test, first=first)["mauve"])
    (problem,) = Mauve().requires(test, len(test), GPT2(**SHAPE))
    assert "100 documents or more" in problem
    assert ": 99 here" in problem
    assert list(Mauve().requires(documents(vocabulary, 1, 10, seed=0, num=200), 1400, GPT2(**SHAPE))) == []
    with pytest.raises(UserError, match="num_documents=99 say nothing"):
        Mauve(num_documents=99)


def test_it_is_the_mean_of_five_clusterings_whatever_the_seed(vocabulary, first):
    """The seed of an iteration changes nothing: iterations differ by their texts alone."""
    test, samples = (documents(vocabulary, 1, high, seed=seed) for high, seed in ((10, 0), (13, 1)))
    evidence = {"test": test, "samples": samples, "first": first}
    one, other = (score(Mauve(), seed=seed, **evidence)["mauve"] for seed in (1, 2))
    assert one == other
    p, q = (
        features(first.network, [np.insert(document.tokens, 0, 0) for document in islice(text.documents(), 100)])
        for text in (test.draw(len(test), seed=0), samples)
    )
    areas = [frontier_area(*histograms(p, q, seed=clustering)) for clustering in range(5)]
    assert one == pytest.approx(np.mean(areas))
    error = standard_errors(Mauve(), **evidence)["mauve"]
    assert error == pytest.approx(np.std(areas, ddof=1) / 5**0.5)
    assert error > 0


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

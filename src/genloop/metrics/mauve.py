"""MAUVE, with the features of a model of the loop itself instead of a downloaded one.

The values compare within one loop, and between loops with the same first model; with published ones, whose features
are those of GPT-2 large, they do not.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import fmean
from typing import Any, ClassVar, Protocol

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.metrics.amounts import check_positive
from genloop.metrics.replicates import standard_error
from genloop.types import Context, Evidence
from genloop.values import LOSS, SHARE, Measured, Value

TOKENS_AT_ONCE = 8192
FEWEST = 100  # documents that make ten cells
DOCUMENTS_PER_CELL = 10
NUM_CLUSTERINGS = 5
CHOICE_SEED = 0  # of the real documents, the same ones at every iteration
VARIANCE = 0.9  # share of it that the features keep
NUM_STARTS = 5  # of k-means; the best is taken
SHARPNESS = 5.0  # c, of exp(-c KL)
MIXTURES = np.linspace(0, 1, 201)[1:-1]  # lambda


class HiddenStates(Protocol):
    """A model whose network tells its last hidden states."""

    @property
    def network(self) -> Any: ...


@dataclass(frozen=True)
class Mauve:
    """MAUVE of samples and real test text: near 1 where their features are spread alike, near 0 where they are apart.

    A document's feature is the mean last hidden state of the first model over its tokens, cut at that model's context
    (the paper has the last token's, which in a small model does not tell shuffled words from real text).
    The features of both texts, cut to unit length and to the principal components that hold 90 % of their variance, are
    quantised together by k-means, into a cell for every ten documents of one. MAUVE is the area under the curve of
    exp(-5 KL) from either histogram to the mixtures of both (Pillutla et al. 2021, arXiv 2102.01454, sections 2 and 3).

    It is the mean over five clusterings, with the standard error that they give it; that the model could have written
    other documents is not in this error.

    The value depends on the number of documents (of the same texts, it is the lower the more they are), so one number
    is taken of both texts throughout a run: half of those in as much real test text as there are samples, as a model's
    may be longer. Samples of fewer give NaN. The authors advise thousands; fewer than 100 are refused. Compare with
    the value of real text in the samples' place.

    Attributes:
        num_documents: documents of either text at most.
    """

    version: ClassVar[int] = 2
    examples: ClassVar[str] = "token"
    wants: ClassVar[Mapping[str, str]] = {"network": "hidden states"}
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})
    values = (Value("mauve", "area, 0 to 1", "lower", LOSS, 3, SHARE, citations=("pillutla2021mauve",)),)
    about = "real test text and text of model_t | model_1"

    num_documents: int = 1000

    def __post_init__(self) -> None:
        check_positive(num_documents=self.num_documents)
        if self.num_documents < FEWEST:
            raise UserError(f"num_documents={self.num_documents} say nothing by mauve. Use {FEWEST} or more.")

    def requires(self, test: TokenDataset, num_samples: int, estimator: Any) -> Iterator[str]:
        """Iterate over what stands in the way: too few documents in the real text that judges."""
        num = self._num_compared(test, num_samples)
        if num < FEWEST:
            yield (
                f"mauve compares {FEWEST} documents or more, and takes half of those in as much real test text as "
                f"there are samples: {num} here. Give more test text, raise num_samples (T), or leave mauve out."
            )

    def score(
        self, evidence: Evidence[TokenDataset, HiddenStates], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        network = _network(evidence.first)
        num = self._num_compared(evidence.test, len(evidence.samples))
        real = _documents(evidence.test.draw(len(evidence.test), seed=CHOICE_SEED), num)
        synthetic = _documents(evidence.samples, num)
        if num < FEWEST or len(synthetic) < num:
            return {"mauve": Measured(math.nan)}
        p, q = (features(network, each) for each in (real, synthetic))
        areas = [frontier_area(*histograms(p, q, seed=clustering)) for clustering in range(NUM_CLUSTERINGS)]
        return {"mauve": Measured(fmean(areas), standard_error(np.array(areas)))}

    def _num_compared(self, test: TokenDataset, num_tokens: int) -> int:
        """Return how many documents are compared: with any samples of this size, the same number."""
        there_are = sum(1 for _ in test.slice(0, num_tokens).documents())
        return min(self.num_documents, there_are // 2)


def features(network: Any, documents: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean last hidden state over each document, cut at the network's context; shape (document, width)."""
    import torch

    at_once = max(1, TOKENS_AT_ONCE // network.context)
    found = []
    with torch.inference_mode():
        for start in range(0, len(documents), at_once):
            cut = [document[: network.context] for document in documents[start : start + at_once]]
            tokens = np.zeros((len(cut), max(map(len, cut))), np.int64)  # what follows a document does not reach back
            for row, document in zip(tokens, cut, strict=True):
                row[: len(document)] = document
            hidden = network(torch.from_numpy(tokens).to(network.device)).unflatten(0, tokens.shape)  # (B, T, D)
            found += [states[: len(document)].mean(0) for states, document in zip(hidden, cut, strict=True)]
        return torch.stack(found).cpu().numpy()


def histograms(p: np.ndarray, q: np.ndarray, *, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return which shares of either features (document, width) lie in cells that k-means finds in both.

    Returns:
        Two histograms of shape (cell,).
    """
    with needs_extra("mauve"):
        from sklearn.cluster import KMeans
        from sklearn.decomposition import PCA
    both = np.concatenate([p, q]).astype(np.float64)
    both /= np.linalg.norm(both, axis=1, keepdims=True)
    both = PCA(VARIANCE, svd_solver="full").fit_transform(both)
    num_cells = max(2, round(min(len(p), len(q)) / DOCUMENTS_PER_CELL))
    kmeans = KMeans(num_cells, n_init=NUM_STARTS, random_state=seed)  # pyright: ignore[reportArgumentType]
    cells = kmeans.fit_predict(both)
    counts = [np.bincount(part, minlength=num_cells) for part in np.split(cells, [len(p)])]
    return counts[0] / len(p), counts[1] / len(q)


def frontier_area(p: np.ndarray, q: np.ndarray) -> float:
    """Return the area under the divergence frontier of two histograms (cell,).

    The frontier is the curve of (exp(-c KL(q | r)), exp(-c KL(p | r))) with r = lambda p + (1 - lambda) q; it is
    closed by (1, 0) at lambda = 0 and (0, 1) at lambda = 1 (section 2 of the paper).
    """
    mixtures = [share * p + (1 - share) * q for share in MIXTURES]
    x, y = (np.exp([-SHARPNESS * divergence(each, mixture) for mixture in mixtures]) for each in (q, p))
    x, y = np.concatenate([[1], x, [0]]), np.concatenate([[0], y, [1]])
    return float(np.trapezoid(y[::-1], x[::-1]))


def divergence(p: np.ndarray, q: np.ndarray) -> float:
    """Return KL(p | q) of two histograms in nats, where q has all cells of p."""
    used = p > 0
    return float((p[used] * np.log(p[used] / q[used])).sum())


def _documents(text: TokenDataset, num: int) -> list[np.ndarray]:
    """Return the first documents, each after the end-of-text that a model begins from."""
    before = text.read(-1, 0)
    return [np.concatenate([before, document.tokens]) for document in islice(text.documents(), num)]


def _network(model: Any) -> Any:
    if not hasattr(model, "network"):
        kind = type(model).__name__
        raise UserError(f"mauve compares hidden states, and {kind} has none. Leave it out, or fit gpt2.")
    return model.network

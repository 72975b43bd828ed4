"""MAUVE, with the features of a model of the loop itself instead of a downloaded one.

The values compare within one loop, and between loops with the same first model; with published ones, whose features
are those of GPT-2 large, they do not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, ClassVar

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.tokens import TokenDataset
from genloop.errors import UserError
from genloop.metrics.words import check_positive
from genloop.types import Context, Evidence

TOKENS_AT_ONCE = 8192
FEWEST = 20  # documents that make two cells
SEED_LIMIT = 1 << 30  # the library adds to the seed, and its k-means takes 31 bits


@dataclass(frozen=True)
class Mauve:
    """MAUVE of samples and real test text: near 1 where their features are spread alike, near 0 where they are apart.

    A document's feature is the mean last hidden state of the first model over its tokens, cut at that model's context
    (the paper has the last token's, which in a small model does not tell shuffled words from real text).
    The features of both texts are quantised together into a cell for every ten documents of one; MAUVE is the area
    under the curve of exp(-5 KL) from either histogram to the mixtures of both (Pillutla et al. 2021, arXiv
    2102.01454, section 3). The computation is that of mauve-text, whose k-means warns of few points per cell.

    The value depends on the number of documents, so equally many are taken of both, of the test text at random; the
    authors advise thousands, and fewer than 20 give NaN. Compare with the value of real text in the samples' place.

    Attributes:
        num_documents: documents of either text, or as many as both have.
    """

    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})

    num_documents: int = 1000

    def __post_init__(self) -> None:
        check_positive(num_documents=self.num_documents)

    @property
    def units(self) -> Mapping[str, str]:
        return {"mauve": "area, 0 to 1"}

    @property
    def about(self) -> str:
        return "real test text and text of model_t | model_1"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        with needs_extra("mauve"):
            from mauve import compute_mauve  # pyright: ignore[reportMissingImports]

        network = _network(evidence.first)
        real = _documents(evidence.test.draw(len(evidence.test), seed=seed), self.num_documents)
        synthetic = _documents(evidence.samples, self.num_documents)
        num = min(len(real), len(synthetic))
        if num < FEWEST:
            return {"mauve": float("nan")}
        p, q = (features(network, each[:num]) for each in (real, synthetic))
        return {"mauve": float(compute_mauve(p_features=p, q_features=q, seed=seed % SEED_LIMIT).mauve)}


def features(network: Any, documents: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean last hidden state over each document, cut at the network's context; shape (document, width)."""
    import torch

    at_once = max(1, TOKENS_AT_ONCE // network.shape.context)
    found = []
    with torch.inference_mode():
        for start in range(0, len(documents), at_once):
            cut = [document[: network.shape.context] for document in documents[start : start + at_once]]
            tokens = np.zeros((len(cut), max(map(len, cut))), np.int64)  # what follows a document does not reach back
            for row, document in zip(tokens, cut, strict=True):
                row[: len(document)] = document
            hidden = network(torch.from_numpy(tokens).to(network.device)).unflatten(0, tokens.shape)  # (B, T, D)
            found += [states[: len(document)].mean(0) for states, document in zip(hidden, cut, strict=True)]
        return torch.stack(found).cpu().numpy()


def _documents(text: TokenDataset, num: int) -> list[np.ndarray]:
    """Return the first documents, each after the end-of-text that a model begins from."""
    before = text.read(-1, 0)
    return [np.concatenate([before, document.tokens]) for document in islice(text.documents(), num)]


def _network(model: Any) -> Any:
    if not hasattr(model, "network"):
        kind = type(model).__name__
        raise UserError(f"mauve compares hidden states, and {kind} has none. Leave it out, or fit gpt2.")
    return model.network

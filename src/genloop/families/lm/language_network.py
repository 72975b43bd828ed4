"""What the fit, the scores and the sampler know of a network, whoever wrote it.

B documents or blocks, T positions, D width.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from genloop.families.lm.blocks import Batch
from genloop.families.lm.open_documents import OpenDocuments
from genloop.families.lm.sampling import Sampling
from genloop.families.workers import Workers

TOKENS_AT_ONCE = 2048  # the activations of more leave the caches of a CPU


class LanguageNetwork(nn.Module, ABC):
    """A network that predicts every token of a text from those before it.

    Attributes:
        sizes: what determines the number and the meaning of the weights.
    """

    sizes: Any

    @property
    @abstractmethod
    def context(self) -> int:
        """The tokens that a prediction can look back on."""

    @property
    @abstractmethod
    def num_activations(self) -> int:
        """The numbers per token that count for the memory of a gradient."""

    @property
    def device(self) -> torch.device:
        return next(self.parameters()).device

    @abstractmethod
    def forward(self, tokens: Tensor) -> Tensor:
        """Return the hidden states (B * T, D) of `tokens` (B, T) after the last norm."""

    @abstractmethod
    def loss(self, batch: Batch, *, seed: int) -> Tensor:
        """Return the sum over tokens of their shares times their cross-entropy; `seed` is that of any dropout."""

    @abstractmethod
    def token_losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Return the cross-entropy (B * T,) in nats of `targets` (B * T,) after `tokens` (B, T)."""

    @abstractmethod
    def workers(self) -> Workers:
        """Return the threads that share the work of a fit, or of sampling."""

    @abstractmethod
    def documents(
        self, num_rows: int, sampling: Sampling, workers: Workers, *, max_length: int, end_of_text: int
    ) -> OpenDocuments:
        """Return room for documents in progress."""

    @abstractmethod
    def bytes_per_row(self, sampling: Sampling) -> int:
        """Return what the keys and values of one document in progress take."""

    @abstractmethod
    def export_weights(self) -> dict[str, Tensor]:
        """Return the weights, named as in the file that `save` writes."""

    @abstractmethod
    def import_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take over what `export_weights` returned."""

    @abstractmethod
    def save(self, directory: Path, *, end_of_text: int) -> None:
        """Write `config.json` and weights as `transformers.AutoModelForCausalLM.from_pretrained` reads them."""


def blocks_at_once(context: int) -> int:
    """Return how many blocks of this many tokens make a batch of a good size for a CPU."""
    return max(1, TOKENS_AT_ONCE // context)

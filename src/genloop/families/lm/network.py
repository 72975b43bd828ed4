"""What the fit, the scores and the sampler know of a decoder-only network, whichever it is.

A network is an embedding, blocks, a last norm and a head. Everything runs on rows: tokens of any documents one below
the other, each with its position. A block's two halves around the attention stand alone, because a sampler attends to
a cache instead.

B documents or blocks, T positions, N = B T rows, D width, H heads, d = D / H, L layers, C context, V vocabulary.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INITIAL_STD = 0.02
TOKENS_AT_ONCE = 2048  # the activations of more leave the caches of a CPU


@dataclass(frozen=True)
class Shape:
    """The sizes that determine a network."""

    vocabulary: int  # V
    width: int  # D
    num_layers: int  # L
    num_heads: int  # H
    context: int  # C


class Block(Protocol):
    """Attention and MLP on a residual stream of rows (N, D)."""

    def heads(self, x: Tensor, rotation: Tensor | None) -> Tensor:
        """Return queries, keys and values (N, 3, H, d); queries and keys are turned by `rotation` already."""
        ...

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        """Return the residual stream after attention gave `attended` (N, D)."""
        ...


class Network(nn.Module, ABC):
    """A decoder without dropout: a language model here is trained from scratch for few epochs.

    Attributes:
        kind: the `model_type` of Hugging Face.
        shape: sizes.
    """

    kind: ClassVar[str]
    shape: Shape

    @property
    @abstractmethod
    def blocks(self) -> Sequence[Block]: ...

    @property
    @abstractmethod
    def head(self) -> Tensor:
        """The weight of the output layer, (V, D)."""

    @property
    def device(self) -> torch.device:
        return self.head.device

    @abstractmethod
    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        """Return the residual stream (N, D) of `tokens` (N,) at `positions` (N,), or at (T,) of tokens (B, T)."""

    @abstractmethod
    def rotation(self, positions: Tensor) -> Tensor | None:
        """Return what turns queries and keys at `positions` (N,); None where the embedding says the position."""

    @abstractmethod
    def final(self, x: Tensor) -> Tensor:
        """Return the hidden states (N, D) after the last norm; times the head they are the logits."""

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the hidden states (B * T, D) of `tokens` (B, T) after the last norm."""
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.embed(tokens, positions).flatten(0, 1)  # (B * T, D)
        rotation = self.rotation(positions.repeat(len(tokens)))
        for block in self.blocks:
            x = block.add(x, attend(block.heads(x, rotation), len(tokens)))
        return self.final(x)

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return a network of the sizes in a `config.json`."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Return what Hugging Face's `config.json` says of the sizes."""

    @abstractmethod
    def export_weights(self) -> dict[str, Tensor]:
        """Return the weights under the names and in the layout of Hugging Face."""

    @abstractmethod
    def import_weights(self, weights: Mapping[str, Tensor]) -> None:
        """Take over what `export_weights` returned."""


class Table(nn.Module):
    """One vector of the residual stream per row."""

    def __init__(self, rows: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = normal(rows, width, std=INITIAL_STD, generator=generator)

    def forward(self, indices: Tensor) -> Tensor:
        return F.embedding(indices, self.weight)


def attend(heads: Tensor, num_documents: int) -> Tensor:
    """Return the causal attention (B * T, D) of queries, keys and values (B * T, 3, H, d)."""
    query, key, value = heads.unflatten(0, (num_documents, -1)).permute(2, 0, 3, 1, 4).unbind(0)  # (B, H, T, d)
    attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    return attended.transpose(1, 2).reshape(len(heads), -1)


def blocks_at_once(context: int) -> int:
    """Return how many blocks of this many tokens make a batch of a good size for a CPU."""
    return max(1, TOKENS_AT_ONCE // context)


def normal(*sizes: int, std: float, generator: torch.Generator) -> nn.Parameter:
    """Return initial weights drawn from a normal distribution."""
    return nn.Parameter(torch.empty(sizes).normal_(std=std, generator=generator))

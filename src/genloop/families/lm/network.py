"""The decoder-only networks written here.

A network is an embedding, blocks, a last norm and a head. Everything runs on rows: tokens of any documents one below
the other, each with its position. A block's two halves around the attention stand alone, because a sampler attends to
a cache instead.

B documents or blocks, T positions, N = B T rows, D width, H heads, d = D / H, L layers, C context, V vocabulary.
"""

import json
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Protocol, Self

import torch
from safetensors.torch import save_file
from torch import Tensor

from genloop.families.lm.blocks import Batch
from genloop.families.lm.cross_entropy import linear_cross_entropy, token_losses
from genloop.families.lm.language_network import LanguageNetwork
from genloop.families.lm.layers import attend
from genloop.families.workers import Workers

CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
Attend = Callable[[int, Tensor], Tensor]


@dataclass(frozen=True)
class Sizes:
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


class Network(LanguageNetwork):
    """A decoder without dropout: a language model here is trained from scratch for few epochs.

    Attributes:
        kind: the `model_type` of Hugging Face.
        sizes: that determine it.
    """

    kind: ClassVar[str]
    sizes: Sizes

    @property
    @abstractmethod
    def blocks(self) -> Sequence[Block]: ...

    @property
    @abstractmethod
    def head(self) -> Tensor:
        """The weight of the output layer, (V, D)."""

    @property
    def context(self) -> int:
        return self.sizes.context

    @property
    def num_activations(self) -> int:
        return self.sizes.num_layers * self.sizes.width  # of the residual streams

    def logits(self, x: Tensor) -> Tensor:
        """Return the logits (N, V) after hidden states `x` (N, D)."""
        return torch.mm(x, self.head.T)

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
        positions = torch.arange(tokens.shape[1], device=tokens.device)
        x = self.embed(tokens, positions).flatten(0, 1)  # (B * T, D)
        return self.through(x, positions.repeat(len(tokens)), lambda _, heads: attend(heads, len(tokens)))

    def through(self, x: Tensor, positions: Tensor, attend_to: Attend) -> Tensor:
        """Return the hidden states (N, D) of an embedded `x` (N, D) at `positions` (N,) after the last norm.

        Args:
            attend_to: gives, for the number of a layer and its heads (N, 3, H, d), what they attend to, (N, D).
        """
        rotation = self.rotation(positions)
        for layer, block in enumerate(self.blocks):
            x = block.add(x, attend_to(layer, block.heads(x, rotation)))
        return self.final(x)

    def loss(self, batch: Batch, *, seed: int) -> Tensor:
        return linear_cross_entropy(self(batch.inputs), self.head, batch.targets, batch.shares)

    def token_losses(self, tokens: Tensor, targets: Tensor) -> Tensor:
        return token_losses(self(tokens), self.head, targets)

    def workers(self) -> Workers:
        return Workers(self.device)

    @classmethod
    @abstractmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return a network of the sizes in a `config.json`."""

    @abstractmethod
    def config(self) -> dict[str, Any]:
        """Return what Hugging Face's `config.json` says of the sizes."""

    def save(self, directory: Path, *, end_of_text: int) -> None:
        tokens = {"bos_token_id": end_of_text, "eos_token_id": end_of_text, "dtype": "float32"}
        (directory / CONFIG_FILE).write_text(json.dumps(self.config() | tokens, indent=1) + "\n")
        save_file(self.export_weights(), directory / WEIGHTS_FILE, metadata={"format": "pt"})

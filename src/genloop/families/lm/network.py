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
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor, nn

from genloop.families.lm.blocks import Batch
from genloop.families.lm.cross_entropy import linear_cross_entropy, token_losses
from genloop.families.lm.language_network import LanguageNetwork
from genloop.families.lm.sampling import Sampling
from genloop.families.workers import Workers

if TYPE_CHECKING:
    from genloop.families.lm.decoding import Decoder

INITIAL_STD = 0.02
CONFIG_FILE, WEIGHTS_FILE = "config.json", "model.safetensors"
Attend = Callable[[int, Tensor], Tensor]


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


class Network(LanguageNetwork):
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
    def context(self) -> int:
        return self.shape.context

    @property
    def num_activations(self) -> int:
        return self.shape.num_layers * self.shape.width  # of the residual streams

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

    def documents(
        self, num_rows: int, sampling: Sampling, workers: Workers, *, max_length: int, end_of_text: int
    ) -> "Decoder":
        from genloop.families.lm.cache import make_cache  # late: they know this file
        from genloop.families.lm.decoding import Decoder
        from genloop.families.lm.rounding import has_instructions, rounded

        is_rounded = sampling.weights == "int8" and self.device.type == "cpu" and has_instructions()
        network = rounded(self) if is_rounded else self
        cache = make_cache(self, num_rows, sampling.cache)
        return Decoder(network, cache, workers, num_rows, max_length=max_length, end_of_text=end_of_text)

    def bytes_per_row(self, sampling: Sampling) -> int:
        from genloop.families.lm.cache import bytes_per_row

        return bytes_per_row(self, sampling.cache)

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


class Projection(nn.Module):
    """A linear map of rows (N, I) to rows (N, O).

    Attributes:
        bias: added to every row, (O,), or None.
    """

    bias: Tensor | None

    @property
    @abstractmethod
    def matrix(self) -> Tensor:
        """The weight, (I, O)."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.mm(x, self.matrix) if self.bias is None else torch.addmm(self.bias, x, self.matrix)


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


def normal(*sizes: int, std: float, generator: torch.Generator) -> nn.Parameter:
    """Return initial weights drawn from a normal distribution."""
    return nn.Parameter(torch.empty(sizes).normal_(std=std, generator=generator))

"""A pre-LN GPT-2 whose parameters bear the names and the layout of Hugging Face's `GPT2LMHeadModel`.

No dropout: a language model here is trained from scratch for few epochs. The head is tied to the token embedding.

B documents or blocks, T positions, D width, H heads, d = D / H, L layers, C context, V vocabulary.
"""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INITIAL_STD = 0.02
MLP_RATIO = 4
TOKENS_AT_ONCE = 2048  # the activations of more leave the caches of a CPU


@dataclass(frozen=True)
class Shape:
    """The sizes that determine a network."""

    vocabulary: int  # V
    width: int  # D
    num_layers: int  # L
    num_heads: int  # H
    context: int  # C


class Projection(nn.Module):
    """A linear map whose weight is stored as (in, out), as GPT-2 has it."""

    def __init__(self, inputs: int, outputs: int, std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = _normal(inputs, outputs, std=std, generator=generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x: Tensor) -> Tensor:
        return torch.addmm(self.bias, x, self.weight)


class Attention(nn.Module):
    def __init__(self, shape: Shape, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.num_heads = shape.num_heads
        self.c_attn = Projection(shape.width, 3 * shape.width, INITIAL_STD, generator)
        self.c_proj = Projection(shape.width, shape.width, residual_std, generator)

    def heads(self, x: Tensor) -> Tensor:
        """Return queries, keys and values of rows `x` (N, D), each split into heads."""
        return self.c_attn(x).view(len(x), 3, self.num_heads, -1)  # (N, 3, H, d)


class Mlp(nn.Module):
    def __init__(self, shape: Shape, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.c_fc = Projection(shape.width, MLP_RATIO * shape.width, INITIAL_STD, generator)
        self.c_proj = Projection(MLP_RATIO * shape.width, shape.width, residual_std, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class Block(nn.Module):
    """Attention and MLP on a residual stream of rows (N, D).

    The two halves around the attention itself stand alone, because a sampler attends to a cache instead.
    """

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        residual_std = INITIAL_STD / math.sqrt(2 * shape.num_layers)
        self.ln_1 = nn.LayerNorm(shape.width)
        self.attn = Attention(shape, residual_std, generator)
        self.ln_2 = nn.LayerNorm(shape.width)
        self.mlp = Mlp(shape, residual_std, generator)

    def heads(self, x: Tensor) -> Tensor:
        """Return queries, keys and values (N, 3, H, d)."""
        return self.attn.heads(self.ln_1(x))

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        """Return the residual stream after attention gave `attended` (N, D)."""
        x = x + self.attn.c_proj(attended)
        return x + self.mlp(self.ln_2(x))


class Network(nn.Module):
    """GPT-2 without dropout.

    Args:
        shape: sizes.
        seed: seed of the initial weights, which are the same on every device.
    """

    def __init__(self, shape: Shape, *, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.shape = shape
        self.wte = _Table(shape.vocabulary, shape.width, generator)
        self.wpe = _Table(shape.context, shape.width, generator)
        self.h = nn.ModuleList(Block(shape, generator) for _ in range(shape.num_layers))
        self.ln_f = nn.LayerNorm(shape.width)

    @property
    def blocks(self) -> list[Block]:
        return list(self.h)  # pyright: ignore[reportReturnType]

    @property
    def head(self) -> Tensor:
        """The weight of the output layer, (V, D)."""
        return self.wte.weight

    @property
    def device(self) -> torch.device:
        return self.wte.weight.device

    def embed(self, tokens: Tensor) -> Tensor:
        """Return the residual stream of `tokens` (B, T) at positions 0 to T."""
        positions = self.wpe.weight[: tokens.shape[1]]  # (T, D)
        return (F.embedding(tokens, self.wte.weight) + positions).flatten(0, 1)  # (B * T, D)

    def forward(self, tokens: Tensor) -> Tensor:
        """Return the last hidden states (B * T, D) of `tokens` (B, T); times the head they are the logits."""
        x = self.embed(tokens)
        for block in self.blocks:
            x = block.add(x, attend(block.heads(x), len(tokens)))
        return self.ln_f(x)


def attend(heads: Tensor, num_documents: int) -> Tensor:
    """Return the causal attention (B * T, D) of queries, keys and values (B * T, 3, H, d)."""
    query, key, value = heads.unflatten(0, (num_documents, -1)).permute(2, 0, 3, 1, 4).unbind(0)  # (B, H, T, d)
    attended = F.scaled_dot_product_attention(query, key, value, is_causal=True)
    return attended.transpose(1, 2).reshape(len(heads), -1)


def blocks_at_once(context: int) -> int:
    """Return how many blocks of this many tokens make a batch of a good size for a CPU."""
    return max(1, TOKENS_AT_ONCE // context)


class _Table(nn.Module):
    def __init__(self, rows: int, width: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = _normal(rows, width, std=INITIAL_STD, generator=generator)


def _normal(*sizes: int, std: float, generator: torch.Generator) -> nn.Parameter:
    return nn.Parameter(torch.empty(sizes).normal_(std=std, generator=generator))

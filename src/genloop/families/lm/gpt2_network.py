"""A pre-LN GPT-2 whose parameters bear the names and the layout of Hugging Face's `GPT2LMHeadModel`.

The head is tied to the token embedding. Letters as in `network.py`.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genloop.families.lm.cached_network import CachedNetwork
from genloop.families.lm.layers import INITIAL_STD, Embedding, Projection, normal
from genloop.families.lm.network import Sizes

MLP_RATIO = 4
PREFIX = "transformer."  # of parameter names in a GPT2LMHeadModel


class GPT2Projection(Projection):
    """A linear map whose weight is stored as (I, O)."""

    def __init__(self, inputs: int, outputs: int, std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = normal(inputs, outputs, std=std, generator=generator)
        self.bias = nn.Parameter(torch.zeros(outputs))

    @property
    def matrix(self) -> Tensor:
        return self.weight


class Attention(nn.Module):
    def __init__(self, sizes: Sizes, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.num_heads = sizes.num_heads
        self.c_attn = GPT2Projection(sizes.width, 3 * sizes.width, INITIAL_STD, generator)
        self.c_proj = GPT2Projection(sizes.width, sizes.width, residual_std, generator)

    def heads(self, x: Tensor) -> Tensor:
        return self.c_attn(x).view(len(x), 3, self.num_heads, -1)  # (N, 3, H, d)


class Mlp(nn.Module):
    def __init__(self, sizes: Sizes, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.c_fc = GPT2Projection(sizes.width, MLP_RATIO * sizes.width, INITIAL_STD, generator)
        self.c_proj = GPT2Projection(MLP_RATIO * sizes.width, sizes.width, residual_std, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class GPT2Block(nn.Module):
    """Attention and MLP, each after a LayerNorm; see `network.Block`."""

    def __init__(self, sizes: Sizes, generator: torch.Generator) -> None:
        super().__init__()
        residual_std = INITIAL_STD / math.sqrt(2 * sizes.num_layers)
        self.ln_1 = nn.LayerNorm(sizes.width)
        self.attn = Attention(sizes, residual_std, generator)
        self.ln_2 = nn.LayerNorm(sizes.width)
        self.mlp = Mlp(sizes, residual_std, generator)

    def heads(self, x: Tensor, rotation: Tensor | None) -> Tensor:
        assert rotation is None
        return self.attn.heads(self.ln_1(x))

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.attn.c_proj(attended)
        return x + self.mlp(self.ln_2(x))


class GPT2Network(CachedNetwork):
    """GPT-2 without dropout.

    Args:
        sizes: that determine it.
        seed: seed of the initial weights, which are the same on every device.
    """

    kind: ClassVar[str] = "gpt2"

    def __init__(self, sizes: Sizes, *, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.sizes = sizes
        self.wte = Embedding(sizes.vocabulary, sizes.width, generator)
        self.wpe = Embedding(sizes.context, sizes.width, generator)
        self.h = nn.ModuleList(GPT2Block(sizes, generator) for _ in range(sizes.num_layers))
        self.ln_f = nn.LayerNorm(sizes.width)

    @property
    def blocks(self) -> list[GPT2Block]:
        return list(self.h)  # pyright: ignore[reportReturnType]

    @property
    def head(self) -> Tensor:
        return self.wte.weight

    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        return self.wte(tokens) + self.wpe(positions)

    def rotation(self, positions: Tensor) -> None:
        return None

    def final(self, x: Tensor) -> Tensor:
        return self.ln_f(x)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        sizes = (config[name] for name in ("vocab_size", "n_embd", "n_layer", "n_head", "n_positions"))
        return cls(Sizes(*sizes))

    def config(self) -> dict[str, Any]:
        sizes = self.sizes
        return {
            "architectures": ["GPT2LMHeadModel"],
            "model_type": self.kind,
            "vocab_size": sizes.vocabulary,
            "n_positions": sizes.context,
            "n_embd": sizes.width,
            "n_layer": sizes.num_layers,
            "n_head": sizes.num_heads,
            "n_inner": MLP_RATIO * sizes.width,
            "activation_function": "gelu_new",
            "layer_norm_epsilon": 1e-5,
            "attn_pdrop": 0.0,
            "embd_pdrop": 0.0,
            "resid_pdrop": 0.0,
            "tie_word_embeddings": True,
        }

    def export_weights(self) -> dict[str, Tensor]:
        return {PREFIX + name: weight.detach() for name, weight in self.named_parameters()}

    def import_weights(self, weights: Mapping[str, Tensor]) -> None:
        self.load_state_dict({name.removeprefix(PREFIX): weight for name, weight in weights.items()})

"""A pre-LN GPT-2 whose parameters bear the names and the layout of Hugging Face's `GPT2LMHeadModel`.

The head is tied to the token embedding. Letters as in `network.py`.
"""

import math
from collections.abc import Mapping
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genloop.families.lm.network import INITIAL_STD, Network, Projection, Shape, Table, normal

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
    def __init__(self, shape: Shape, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.num_heads = shape.num_heads
        self.c_attn = GPT2Projection(shape.width, 3 * shape.width, INITIAL_STD, generator)
        self.c_proj = GPT2Projection(shape.width, shape.width, residual_std, generator)

    def heads(self, x: Tensor) -> Tensor:
        return self.c_attn(x).view(len(x), 3, self.num_heads, -1)  # (N, 3, H, d)


class Mlp(nn.Module):
    def __init__(self, shape: Shape, residual_std: float, generator: torch.Generator) -> None:
        super().__init__()
        self.c_fc = GPT2Projection(shape.width, MLP_RATIO * shape.width, INITIAL_STD, generator)
        self.c_proj = GPT2Projection(MLP_RATIO * shape.width, shape.width, residual_std, generator)

    def forward(self, x: Tensor) -> Tensor:
        return self.c_proj(F.gelu(self.c_fc(x), approximate="tanh"))


class GPT2Block(nn.Module):
    """Attention and MLP, each after a LayerNorm; see `network.Block`."""

    def __init__(self, shape: Shape, generator: torch.Generator) -> None:
        super().__init__()
        residual_std = INITIAL_STD / math.sqrt(2 * shape.num_layers)
        self.ln_1 = nn.LayerNorm(shape.width)
        self.attn = Attention(shape, residual_std, generator)
        self.ln_2 = nn.LayerNorm(shape.width)
        self.mlp = Mlp(shape, residual_std, generator)

    def heads(self, x: Tensor, rotation: Tensor | None) -> Tensor:
        assert rotation is None
        return self.attn.heads(self.ln_1(x))

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.attn.c_proj(attended)
        return x + self.mlp(self.ln_2(x))


class GPT2Network(Network):
    """GPT-2 without dropout.

    Args:
        shape: sizes.
        seed: seed of the initial weights, which are the same on every device.
    """

    kind: ClassVar[str] = "gpt2"

    def __init__(self, shape: Shape, *, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.shape = shape
        self.wte = Table(shape.vocabulary, shape.width, generator)
        self.wpe = Table(shape.context, shape.width, generator)
        self.h = nn.ModuleList(GPT2Block(shape, generator) for _ in range(shape.num_layers))
        self.ln_f = nn.LayerNorm(shape.width)

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
        return cls(Shape(*sizes))

    def config(self) -> dict[str, Any]:
        shape = self.shape
        return {
            "architectures": ["GPT2LMHeadModel"],
            "model_type": self.kind,
            "vocab_size": shape.vocabulary,
            "n_positions": shape.context,
            "n_embd": shape.width,
            "n_layer": shape.num_layers,
            "n_head": shape.num_heads,
            "n_inner": MLP_RATIO * shape.width,
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

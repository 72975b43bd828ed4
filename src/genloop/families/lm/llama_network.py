"""A Llama whose weights are kept under the names and in the layout of Hugging Face's `LlamaForCausalLM`.

RMSNorm, rotary positions, SwiGLU, no biases. In memory queries, keys and values are one matrix, and so are the MLP's
gate and its input; on disk they stand apart. Not covered: fewer key heads than query heads, and stretched positions.

I inner width of the MLP; other letters as in `network.py`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from genloop.families.lm.cached_network import CachedNetwork
from genloop.families.lm.layers import INITIAL_STD, Embedding, Projection, normal
from genloop.families.lm.network import Sizes

THETA = 10_000.0  # about how many times slower the slowest rotation is than the fastest
NORM_EPSILON = 1e-5
FUSED = {
    "self_attn.qkv.weight": tuple(f"self_attn.{part}_proj.weight" for part in "qkv"),
    "mlp.gate_up.weight": ("mlp.gate_proj.weight", "mlp.up_proj.weight"),
}  # what stands apart on disk


@dataclass(frozen=True)
class LlamaSizes(Sizes):
    """The sizes that determine a Llama."""

    inner: int  # I
    tied: bool = False  # whether the head is the token embedding


class LlamaProjection(Projection):
    """A linear map without bias; its weight is stored as (O, I)."""

    def __init__(self, inputs: int, outputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.weight = normal(outputs, inputs, std=INITIAL_STD, generator=generator)
        self.bias = None

    @property
    def matrix(self) -> Tensor:
        return self.weight.T


class Attention(nn.Module):
    def __init__(self, sizes: LlamaSizes, generator: torch.Generator) -> None:
        super().__init__()
        self.num_heads = sizes.num_heads
        self.qkv = LlamaProjection(sizes.width, 3 * sizes.width, generator)
        self.o_proj = LlamaProjection(sizes.width, sizes.width, generator)

    def heads(self, x: Tensor, rotation: Tensor) -> Tensor:
        heads = self.qkv(x).view(len(x), 3, self.num_heads, -1)  # (N, 3, H, d)
        return torch.cat([rotate(heads[:, :2], rotation), heads[:, 2:]], dim=1)


class Mlp(nn.Module):
    def __init__(self, sizes: LlamaSizes, generator: torch.Generator) -> None:
        super().__init__()
        self.gate_up = LlamaProjection(sizes.width, 2 * sizes.inner, generator)
        self.down_proj = LlamaProjection(sizes.inner, sizes.width, generator)

    def forward(self, x: Tensor) -> Tensor:
        gate, up = self.gate_up(x).chunk(2, dim=-1)  # (N, I) each
        return self.down_proj(F.silu(gate) * up)


class LlamaBlock(nn.Module):
    """Attention and MLP, each after an RMSNorm; see `network.Block`."""

    def __init__(self, sizes: LlamaSizes, generator: torch.Generator) -> None:
        super().__init__()
        self.input_layernorm = nn.RMSNorm(sizes.width, eps=NORM_EPSILON)
        self.self_attn = Attention(sizes, generator)
        self.post_attention_layernorm = nn.RMSNorm(sizes.width, eps=NORM_EPSILON)
        self.mlp = Mlp(sizes, generator)

    def heads(self, x: Tensor, rotation: Tensor | None) -> Tensor:
        assert rotation is not None
        return self.self_attn.heads(self.input_layernorm(x), rotation)

    def add(self, x: Tensor, attended: Tensor) -> Tensor:
        x = x + self.self_attn.o_proj(attended)
        return x + self.mlp(self.post_attention_layernorm(x))


class LlamaNetwork(CachedNetwork):
    """Llama, with the initial spread that Hugging Face gives it: the same for all matrices.

    Args:
        sizes: that determine it.
        seed: seed of the initial weights, which are the same on every device.
    """

    kind: ClassVar[str] = "llama"

    def __init__(self, sizes: LlamaSizes, *, seed: int = 0) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(seed)
        self.sizes: LlamaSizes = sizes  # pyright: ignore[reportIncompatibleVariableOverride] - set once
        self.embed_tokens = Embedding(sizes.vocabulary, sizes.width, generator)
        self.layers = nn.ModuleList(LlamaBlock(sizes, generator) for _ in range(sizes.num_layers))
        self.norm = nn.RMSNorm(sizes.width, eps=NORM_EPSILON)
        self.lm_head = None if sizes.tied else Embedding(sizes.vocabulary, sizes.width, generator)
        self.register_buffer("rotations", rotation_table(sizes), persistent=False)

    @property
    def blocks(self) -> list[LlamaBlock]:
        return list(self.layers)  # pyright: ignore[reportReturnType]

    @property
    def head(self) -> Tensor:
        return (self.lm_head or self.embed_tokens).weight

    def embed(self, tokens: Tensor, positions: Tensor) -> Tensor:
        return self.embed_tokens(tokens)

    def rotation(self, positions: Tensor) -> Tensor:
        """Return the cosines and signed sines (N, 2, d) of the angles that `rotate` turns by."""
        return self.rotations[positions]  # pyright: ignore[reportIndexIssue]

    def final(self, x: Tensor) -> Tensor:
        return self.norm(x)

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        names = ("vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "max_position_embeddings")
        sizes = (config[name] for name in names)
        return cls(LlamaSizes(*sizes, inner=config["intermediate_size"], tied=config["tie_word_embeddings"]))

    def config(self) -> dict[str, Any]:
        sizes = self.sizes
        return {
            "architectures": ["LlamaForCausalLM"],
            "model_type": self.kind,
            "vocab_size": sizes.vocabulary,
            "max_position_embeddings": sizes.context,
            "hidden_size": sizes.width,
            "intermediate_size": sizes.inner,
            "num_hidden_layers": sizes.num_layers,
            "num_attention_heads": sizes.num_heads,
            "num_key_value_heads": sizes.num_heads,
            "hidden_act": "silu",
            "rms_norm_eps": NORM_EPSILON,
            "rope_theta": THETA,
            "attention_bias": False,
            "attention_dropout": 0.0,
            "mlp_bias": False,
            "tie_word_embeddings": sizes.tied,
        }

    def export_weights(self) -> dict[str, Tensor]:
        weights: dict[str, Tensor] = {}
        for name, weight in self.named_parameters():
            for part, values in _split(name, weight.detach()):
                weights[part if part.startswith("lm_head.") else f"model.{part}"] = values
        return weights

    def import_weights(self, weights: Mapping[str, Tensor]) -> None:
        plain = {name.removeprefix("model."): weight for name, weight in weights.items()}
        with torch.no_grad():
            for name, weight in self.named_parameters():
                weight.copy_(torch.cat([plain[part] for part, _ in _split(name, weight)]))


def rotation_table(sizes: Sizes) -> Tensor:
    """Return the cosines and signed sines (C, 2, d) of all positions.

    Number i of the first half of a head and number i of the second are a point of the plane, which position t turns
    by t THETA^(-2i/d) (Su et al., RoFormer, 2021, equation 34, with the halves in the place of neighbours).
    """
    half = sizes.width // sizes.num_heads // 2
    speeds = THETA ** (-torch.arange(half, dtype=torch.float64) / half)
    angles = torch.outer(torch.arange(sizes.context, dtype=torch.float64), speeds)  # (C, d / 2)
    cosines, sines = angles.cos(), angles.sin()
    return torch.stack([torch.cat([cosines, cosines], 1), torch.cat([-sines, sines], 1)], 1).float()


def rotate(x: Tensor, rotation: Tensor) -> Tensor:
    """Return the heads `x` (N, ..., H, d), turned by `rotation` (N, 2, d)."""
    cosines, sines = rotation[:, :, None, None].unbind(1)  # (N, 1, 1, d) each
    return (x * cosines + x.roll(x.shape[-1] // 2, -1) * sines).to(x.dtype)


def _split(name: str, weight: Tensor) -> list[tuple[str, Tensor]]:
    """Return the weights that one of ours stands for on disk."""
    for fused, parts in FUSED.items():
        if name.endswith(fused):
            return [
                (name.replace(fused, part), values)
                for part, values in zip(parts, weight.chunk(len(parts)), strict=True)
            ]
    return [(name, weight)]

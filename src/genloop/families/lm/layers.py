"""What the networks written here are made of; letters as in `network.py`."""

from abc import abstractmethod

import torch
import torch.nn.functional as F
from torch import Tensor, nn

INITIAL_STD = 0.02  # as in Radford et al. (2018, section 4.1)


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


class Embedding(nn.Module):
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

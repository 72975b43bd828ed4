"""Training batches: blocks of consecutive tokens.

Block b of C tokens predicts tokens b C to b C + C from those one place earlier. The last tokens that fill no block
are left out. Only the blocks of one micro-batch are in memory.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from genloop.data.text.tokens import TokenDataset
from genloop.families.neural import loss_shares


class Batch(NamedTuple):
    """Blocks to train on: B blocks of C tokens."""

    inputs: Tensor  # (B, C)
    targets: Tensor  # (B * C,)
    shares: Tensor  # (B * C,), each token's part of the loss of its optimiser step


@dataclass(frozen=True)
class Blocks:
    """The blocks of a data set.

    Attributes:
        data: tokens.
        context: tokens per block.
    """

    data: TokenDataset
    context: int

    def __len__(self) -> int:
        return len(self.data) // self.context

    def micro_batches(self, indices: np.ndarray, size: int, device: torch.device) -> Iterator[Batch]:
        """Read the blocks of one optimiser step, at most `size` at a time."""
        shares = loss_shares(self._weights(indices), self._mean_weight)
        for start in range(0, len(indices), size):
            part = slice(start, start + size)
            tokens = torch.from_numpy(self._tokens(indices[part])).to(device)  # (B, C + 1)
            share = torch.from_numpy(shares[part]).to(device)  # (B, C)
            yield Batch(tokens[:, :-1], tokens[:, 1:].flatten(), share.flatten())

    @cached_property
    def _mean_weight(self) -> np.float64:
        """Mean weight of the tokens of all blocks; a segment has one for all of its tokens."""
        if not self.data.is_weighted:
            return np.float64(1)
        segments = self.data.slice(0, len(self) * self.context).segments
        weights = np.array([segment.weight for segment in segments], np.float32)
        return np.float64(np.average(weights, weights=[len(segment.tokens) for segment in segments]))

    def _tokens(self, indices: np.ndarray) -> np.ndarray:
        starts = [int(index) * self.context for index in indices]
        return np.stack([self.data.read(start - 1, start + self.context) for start in starts]).astype(np.int64)

    def _weights(self, indices: np.ndarray) -> np.ndarray:
        if not self.data.is_weighted:
            return np.ones((len(indices), self.context), np.float32)
        starts = [int(index) * self.context for index in indices]
        return np.stack([self.data.read_weights(start, start + self.context) for start in starts])

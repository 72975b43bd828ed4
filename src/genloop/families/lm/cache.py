"""Keys and values of documents in progress, and the attention of their latest tokens to them.

On a CPU that attention is bound by the speed of memory, and rows are of different length. A kernel therefore walks each
row's own positions, and keys and values are kept as 8-bit integers with a scale for every head and position, unless
asked otherwise: of next-token distributions, KL(float32 || int8) is 6e-8 nats in the mean and 2e-6 at most
(docs/LOG.md, 2026-11-21). On other devices plain tensors serve, with a mask.

R rows, N of them in use, H heads, d width of a head, D = H d, L layers, C context, T positions in use.
"""

from typing import Literal, Protocol

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from genloop.families.lm.network import Network

Precision = Literal["int8", "float32"]
LEVELS = {"int8": 127, "float32": 0}  # positive integers that there are for a number


class Cache(Protocol):
    """Room for the keys and values of R rows."""

    def store(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> None:
        """Keep the keys and values of `heads` (N, 3, H, d) at `positions` (N,) of `rows` (N,)."""
        ...

    def attend(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> Tensor:
        """Keep keys and values, and return the attention (N, D) of the queries to all positions so far."""
        ...


def make_cache(network: Network, num_rows: int, precision: Precision) -> Cache:
    """Return an empty cache; other devices than a CPU keep the precision of the network."""
    if network.device.type == "cpu":
        return CompactCache(network, num_rows, precision)
    return TensorCache(network, num_rows)


def bytes_per_row(network: Network, precision: Precision) -> int:
    """Return what the cache of one document takes."""
    sizes = network.sizes
    num_vectors = 2 * sizes.num_layers * sizes.context
    if network.device.type != "cpu":
        return num_vectors * sizes.width * network.head.element_size()
    return num_vectors * (sizes.width * np.dtype(precision).itemsize + 4 * sizes.num_heads)


class CompactCache:
    """A cache in the memory of a CPU."""

    def __init__(self, network: Network, num_rows: int, precision: Precision) -> None:
        from genloop.families.lm import kernels  # late: compiling them needs numba, which takes a second to import

        sizes = network.sizes
        places = (sizes.num_layers, 2, num_rows, sizes.num_heads, sizes.context)
        self._kernels = kernels
        self._numbers = np.zeros((*places, sizes.width // sizes.num_heads), precision)  # (L, 2, R, H, C, d)
        self._scales = np.zeros(places, np.float32)  # (L, 2, R, H, C)
        self._levels = LEVELS[precision]

    def store(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> None:
        self._kernels.store(heads.numpy(), self._numbers[layer], self._scales[layer], self._levels, rows, positions)

    def attend(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> Tensor:
        self.store(layer, heads, rows, positions)
        return torch.from_numpy(
            self._kernels.attend(heads.numpy(), self._numbers[layer], self._scales[layer], rows, positions)
        ).flatten(1)


class TensorCache:
    """A cache on any device, in the precision of the network."""

    def __init__(self, network: Network, num_rows: int) -> None:
        sizes = network.sizes
        places = (sizes.num_layers, 2, num_rows, sizes.num_heads, sizes.context)
        self._numbers = torch.zeros(
            (*places, sizes.width // sizes.num_heads), device=network.device, dtype=network.head.dtype
        )

    def store(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> None:
        row, position = (torch.from_numpy(values).to(heads.device) for values in (rows, positions))
        for which in range(2):
            self._numbers[layer, which][row, :, position] = heads[:, 1 + which]

    def attend(self, layer: int, heads: Tensor, rows: np.ndarray, positions: np.ndarray) -> Tensor:
        self.store(layer, heads, rows, positions)
        row, last = (torch.from_numpy(values).to(heads.device) for values in (rows, positions))
        num_positions = int(positions.max()) + 1
        keys, values = (self._numbers[layer, which, :, :, :num_positions][row] for which in range(2))  # (N, H, T, d)
        is_visible = torch.arange(num_positions, device=heads.device) <= last[:, None, None, None]  # (N, 1, 1, T)
        attended = F.scaled_dot_product_attention(heads[:, 0, :, None], keys, values, attn_mask=is_visible)
        return attended.flatten(1)  # (N, D)

"""Networks whose products are of 8-bit integers, four times as fast on a CPU that has instructions for them.

Every column of a weight matrix is rounded once, and every row of what it multiplies as it comes, each to a scale of its
own: what becomes of a row does not depend on those beside it. Sums are exact. All else stays in single precision.
Next-token distributions move by KL(float32 || int8) of 6e-5 nats in the mean, the loss by none of its first five digits
(docs/LOG.md, 2026-11-21).

N rows, I inputs, O outputs.
"""

import copy
from functools import cache
from typing import TypeVar

import torch
from torch import Tensor

from genloop.families.lm.layers import Projection
from genloop.families.lm.network import Network

AnyNetwork = TypeVar("AnyNetwork", bound=Network)


@cache
def has_instructions() -> bool:
    """Return whether this machine multiplies 8-bit integers faster than floats."""
    import llvmlite.binding  # late, as numba is, whose compiler it belongs to

    features = llvmlite.binding.get_host_cpu_features()
    return bool(features.get("avx512vnni") or features.get("avxvnni"))


def rounded(network: AnyNetwork) -> AnyNetwork:
    """Return a copy of a network on a CPU whose projections and head multiply rounded numbers."""
    network = copy.deepcopy(network)
    for part in network.modules():
        if isinstance(part, Projection):
            part.forward = RoundedProduct(part.matrix, part.bias)
    network.logits = RoundedProduct(network.head.T, None)
    return network


class RoundedProduct:
    """The product of rows (N, I) with a matrix.

    Args:
        matrix: (I, O).
        bias: added to every row, (O,), or None.
    """

    def __init__(self, matrix: Tensor, bias: Tensor | None) -> None:
        from genloop.families.lm import kernels  # late: compiling them needs numba, which takes a second to import

        self._kernels = kernels
        columns, self._scales = kernels.round_rows(matrix.detach().T.contiguous().numpy())
        self._numbers = torch.from_numpy(columns).T.contiguous()  # (I, O)
        self._bias = (torch.zeros(matrix.shape[1]) if bias is None else bias.detach()).numpy()

    def __call__(self, x: Tensor) -> Tensor:
        numbers, scales = self._kernels.round_rows(x.numpy())
        products = torch._int_mm(torch.from_numpy(numbers), self._numbers)  # pyright: ignore[reportPrivateImportUsage]
        return torch.from_numpy(self._kernels.scale(products.numpy(), scales, self._scales, self._bias))

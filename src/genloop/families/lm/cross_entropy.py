"""Cross-entropy of a linear head without ever holding all its logits.

Rows of hidden states go through the head in chunks; where a gradient is wanted it is computed on the way, so nothing
of the size tokens x vocabulary outlives its chunk.

N tokens, D width, V vocabulary.
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

CHUNK_LOGITS = {"cpu": 1 << 20, "cuda": 1 << 26}  # logits held at once; on a CPU they should stay in cache


def linear_cross_entropy(hidden: Tensor, head: Tensor, targets: Tensor, shares: Tensor) -> Tensor:
    """Return the sum over tokens of `shares` times the cross-entropy of `softmax(hidden @ head.T)`, in nats.

    Shares that add up to one make it a weighted mean, also over the micro-batches of one optimiser step.

    Args:
        hidden: shape (N, D).
        head: shape (V, D).
        targets: token ids, shape (N).
        shares: shape (N).
    """
    return _LinearCrossEntropy.apply(hidden, head, targets, shares)


@torch.no_grad()
def token_losses(hidden: Tensor, head: Tensor, targets: Tensor) -> Tensor:
    """Return every token's cross-entropy in nats, shape (N); arguments as in `linear_cross_entropy`."""
    rows = _rows_per_chunk(head)
    losses = []
    for chunk, target in zip(hidden.split(rows), targets.split(rows), strict=True):
        logits = torch.mm(chunk, head.T).float()
        losses.append(logits.logsumexp(-1) - logits.gather(1, target[:, None])[:, 0])
    return torch.cat(losses)


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, hidden: Tensor, head: Tensor, targets: Tensor, shares: Tensor) -> Tensor:
        precision = _matmul_precision(hidden)
        low_hidden, low_head = hidden.to(precision), head.to(precision)
        hidden_gradient, head_gradient = torch.empty_like(hidden), torch.zeros_like(head)
        loss = hidden.new_zeros(())

        with torch.autocast(hidden.device.type, enabled=False):
            rows = _rows_per_chunk(head)
            for start in range(0, len(hidden), rows):
                part = slice(start, start + rows)
                logits = torch.mm(low_hidden[part], low_head.T).to(hidden.dtype)
                loss += torch.dot(_losses_to_gradients(logits, targets[part], shares[part]), shares[part])
                gradient = logits.to(precision)
                hidden_gradient[part] = torch.mm(gradient, low_head)
                _add_product(head_gradient, gradient.T, low_hidden[part])

        ctx.save_for_backward(hidden_gradient, head_gradient)
        return loss

    @staticmethod
    @once_differentiable
    def backward(  # pyright: ignore[reportIncompatibleMethodOverride] - once_differentiable hides the names
        ctx: Any, *grad_outputs: Tensor
    ) -> tuple[Tensor, Tensor, None, None]:
        hidden_gradient, head_gradient = ctx.saved_tensors
        return hidden_gradient * grad_outputs[0], head_gradient * grad_outputs[0], None, None


def _losses_to_gradients(logits: Tensor, targets: Tensor, shares: Tensor) -> Tensor:
    """Return the tokens' losses and turn `logits` into the gradient with respect to them, in place."""
    column = targets[:, None]
    at_target = logits.gather(1, column)
    highest = logits.amax(1, keepdim=True)
    total = logits.sub_(highest).exp_().sum(1, keepdim=True)
    logits.mul_(shares[:, None] / total).scatter_add_(1, column, -shares[:, None])
    return (total.log() + highest - at_target)[:, 0]


def _add_product(total: Tensor, left: Tensor, right: Tensor) -> None:
    if left.dtype == total.dtype:
        total.addmm_(left, right)
    else:
        total += torch.mm(left, right)


def _matmul_precision(hidden: Tensor) -> torch.dtype:
    device = hidden.device.type
    return torch.get_autocast_dtype(device) if torch.is_autocast_enabled(device) else hidden.dtype


def _rows_per_chunk(head: Tensor) -> int:
    return max(64, CHUNK_LOGITS.get(head.device.type, CHUNK_LOGITS["cuda"]) // len(head))

"""Tokens drawn from logits, with random numbers that belong to a document and a position rather than to a batch.

N rows, V vocabulary, G tokens of a group.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

GROUP = 64  # cumulative sums over groups, and then inside one of them, cost less than over the whole vocabulary
BELOW_ONE = 1 - 2**-53
GOLDEN = np.uint64(0x9E3779B97F4A7C15)


def uniforms(seed: int, documents: np.ndarray, positions: np.ndarray) -> np.ndarray:
    """Return one number in [0, 1) for every document (N,) and position (N,) in it.

    Each document is a SplitMix64 stream of its own (Steele, Lea and Flood, OOPSLA 2014), entered at the position.
    """
    with np.errstate(over="ignore"):
        streams = _mix(_mix(np.array([seed], np.uint64) + GOLDEN) + documents.astype(np.uint64) * GOLDEN)
        bits = _mix(streams + (positions.astype(np.uint64) + np.uint64(1)) * GOLDEN)
    return (bits >> np.uint64(11)) * 2.0**-53


def draw(logits: Tensor, fractions: Tensor, *, temperature: float, top_k: int | None) -> Tensor:
    """Return one token per row of `logits` (N, V), which may be overwritten, by inverting the distribution function.

    Args:
        fractions: where to invert it, (N,), float64 in [0, 1), on any device.
    """
    if temperature == 0:
        return logits.argmax(-1)
    device = _with_float64(logits.device)
    logits, fractions = logits.to(device), fractions.to(device)
    if top_k is not None and top_k < logits.shape[1]:
        smallest = logits.topk(top_k).values[:, -1:]
        logits.masked_fill_(logits < smallest, -torch.inf)
    weights = logits.sub_(logits.amax(-1, keepdim=True)).div_(temperature).exp_()
    if padding := -weights.shape[1] % GROUP:
        weights = F.pad(weights, (0, padding))
    groups = weights.unflatten(1, (-1, GROUP))  # (N, V / G, G)
    group, fractions = _choose(groups.sum(-1).double(), fractions)
    members = groups[torch.arange(len(groups), device=group.device), group].double()  # (N, G)
    return group * GROUP + _choose(members, fractions)[0]


def _with_float64(device: torch.device) -> torch.device:
    """Return the device, or the CPU in the place of one of Apple's, which have no float64."""
    return torch.device("cpu") if device.type == "mps" else device


def _choose(weights: Tensor, fractions: Tensor) -> tuple[Tensor, Tensor]:
    """Return where the running sum of `weights` passes a fraction of their total, and the fraction inside that one."""
    sums = weights.cumsum(-1)
    level = fractions * sums[:, -1]
    chosen = (sums <= level[:, None]).sum(-1)
    weight, upper = (values.gather(1, chosen[:, None])[:, 0] for values in (weights, sums))
    return chosen, ((level - (upper - weight)) / weight).clamp(0, BELOW_ONE)


def _mix(bits: np.ndarray) -> np.ndarray:
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return bits ^ (bits >> np.uint64(31))

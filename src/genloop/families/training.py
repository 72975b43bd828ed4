"""The training loop of every neural family: AdamW, warm-up and cosine decay, clipping, and resumable checkpoints.

A resumed fit is bit-identical to an uninterrupted one on a CPU. A fit that leaves the finite numbers is a finding: it
ends with the last weights whose loss and gradient were finite.
"""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from genloop.families.checkpoints import load_checkpoint, save_checkpoint
from genloop.families.workers import Workers
from genloop.types import Context, Progress

FINAL_RATE = 0.1  # of the learning rate, at the end of the cosine, as in Brown et al. (2020, appendix B)
BETAS = (0.9, 0.95)  # theirs, too
CHECKPOINT_FILE = "checkpoint.safetensors"

Status = Literal["fitted", "diverged"]


@dataclass(frozen=True)
class Optimisation:
    """How to descend.

    Attributes:
        num_steps: optimiser steps.
        learning_rate: its highest value.
        warmup: share of the steps in which the rate rises to it linearly.
        weight_decay: of matrices only.
        clip: largest norm of the gradient.
    """

    num_steps: int
    learning_rate: float
    warmup: float
    weight_decay: float
    clip: float

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        num_warmup = round(self.warmup * self.num_steps)
        if step < num_warmup:
            return self.learning_rate * (step + 1) / num_warmup
        progress = (step - num_warmup) / max(1, self.num_steps - num_warmup)
        cosine = (1 + math.cos(math.pi * progress)) / 2
        return self.learning_rate * (FINAL_RATE + (1 - FINAL_RATE) * cosine)


@dataclass(frozen=True)
class TrainingRecord:
    """How a fit went.

    Attributes:
        status: whether it stayed finite to the end.
        losses: the loss of every step, before its update.
    """

    status: Status
    losses: tuple[float, ...]


def train(
    network: nn.Module,
    micro_losses: Callable[[int], Sequence[Callable[[], Tensor]]],
    optimisation: Optimisation,
    *,
    workers: Workers,
    examples_per_step: int,
    owner: str,
    context: Context,
    keep: Callable[[int], None] = lambda _: None,
    is_kept: Callable[[int], bool] = lambda _: True,
) -> TrainingRecord:
    """Train `network` in place.

    Args:
        micro_losses: gives, for a step, what computes the losses of its micro-batches; their sum is that of the batch.
        optimisation: how to descend.
        workers: share the micro-batches; results are bit-identical for equally many.
        examples_per_step: unit of the progress.
        owner: names this very computation, so that no other one's checkpoint is resumed.
        context: where to compute.
        keep: called with the number of steps taken when the weights are known to be finite and about to change.
        is_kept: whether all that was kept in the steps so far is still there; if not, an unfinished fit starts afresh.
    """
    optimiser = _adamw(network, optimisation)
    checkpoint = _Checkpoint(network, optimiser, owner, context)
    losses = checkpoint.resume(is_kept)
    last_finite = [weight.detach().clone() for weight in network.parameters()]

    for step in range(len(losses), optimisation.num_steps):
        loss = _set_gradient(network, micro_losses(step), workers)
        norm = nn.utils.clip_grad_norm_(network.parameters(), optimisation.clip).item()
        if not math.isfinite(loss + norm):
            break
        keep(step)
        checkpoint.save_if_due(losses)
        _copy(network.parameters(), last_finite)

        _update(optimiser, optimisation.rate(step))
        losses.append(loss)
        context.report(Progress((step + 1) * examples_per_step, optimisation.num_steps * examples_per_step, loss))

    if len(losses) == optimisation.num_steps and all(weight.isfinite().all() for weight in network.parameters()):
        return TrainingRecord("fitted", tuple(losses))
    _copy(last_finite, network.parameters())
    return TrainingRecord("diverged", tuple(losses))


def _adamw(network: nn.Module, optimisation: Optimisation) -> torch.optim.AdamW:
    matrices = [weight for weight in network.parameters() if weight.ndim >= 2]
    others = [weight for weight in network.parameters() if weight.ndim < 2]
    groups = [
        {"params": matrices, "weight_decay": optimisation.weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=optimisation.learning_rate, betas=BETAS, fused=True)


def _set_gradient(network: nn.Module, micro_losses: Sequence[Callable[[], Tensor]], workers: Workers) -> float:
    """Give every weight its gradient and return the loss; each worker sums over micro-batches of its own."""
    weights = list(network.parameters())
    shares = [micro_losses[first :: workers.num] for first in range(min(workers.num, len(micro_losses)))]
    (loss, gradients), *others = workers.map(lambda share: _gradients(weights, share), shares)
    for other_loss, other_gradients in others:
        loss += other_loss
        _add(gradients, other_gradients)
    for weight, gradient in zip(weights, gradients, strict=True):
        weight.grad = gradient
    return loss.item()


def _gradients(weights: Sequence[Tensor], micro_losses: Sequence[Callable[[], Tensor]]) -> tuple[Tensor, list[Tensor]]:
    """Return the sum of some losses and its gradient, laid out in memory as the weights: the optimiser counts on it."""
    total, sums = torch.zeros((), device=weights[0].device), [torch.zeros_like(weight) for weight in weights]
    for micro_loss in micro_losses:
        loss = micro_loss()
        _add(sums, torch.autograd.grad(loss, weights, materialize_grads=True))  # an expert may have had no token
        total += loss.detach()
    return total, sums


def _add(totals: Sequence[Tensor], others: Sequence[Tensor]) -> None:
    for total, other in zip(totals, others, strict=True):
        total += other


def _update(optimiser: torch.optim.AdamW, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate
    optimiser.step()
    optimiser.zero_grad(set_to_none=True)


@torch.no_grad()
def _copy(sources: Iterable[Tensor], targets: Iterable[Tensor]) -> None:
    for source, target in zip(sources, targets, strict=True):
        target.copy_(source)


class _Checkpoint:
    """Weights, moments and losses of an unfinished fit.

    It is saved between a gradient and its update, when the weights are known to be finite.
    """

    def __init__(self, network: nn.Module, optimiser: torch.optim.AdamW, owner: str, context: Context) -> None:
        self._weights = dict(network.named_parameters())
        self._optimiser = optimiser
        self._owner = owner
        self._path = context.scratch_dir / CHECKPOINT_FILE if context.scratch_dir else None
        self._interval = context.runtime.checkpoint_seconds
        self._saved_at = time.monotonic()

    def resume(self, is_kept: Callable[[int], bool]) -> list[float]:
        """Restore what was saved and return the losses of the steps done."""
        saved = load_checkpoint(self._path, owner=self._owner) if self._path else None
        if saved is None or not is_kept(len(saved["losses"])):
            return []
        losses = saved.pop("losses").tolist()
        for name, weight in self._weights.items():
            _copy([saved[f"weight.{name}"]], [weight])
            self._optimiser.state[weight] = {
                "step": torch.tensor(float(len(losses)), device=weight.device),
                "exp_avg": torch.empty_like(weight).copy_(saved[f"mean.{name}"]),
                "exp_avg_sq": torch.empty_like(weight).copy_(saved[f"square.{name}"]),
            }
        return losses

    def save_if_due(self, losses: list[float]) -> None:
        """Save after the agreed interval; before the first update there is nothing to lose."""
        if not self._path or not losses or time.monotonic() - self._saved_at < self._interval:
            return
        tensors = {"losses": torch.tensor(losses, dtype=torch.float64)}
        for name, weight in self._weights.items():
            state = self._optimiser.state[weight]
            tensors[f"weight.{name}"] = weight.detach()
            tensors[f"mean.{name}"] = state["exp_avg"]
            tensors[f"square.{name}"] = state["exp_avg_sq"]
        save_checkpoint(self._path, tensors, owner=self._owner)
        self._saved_at = time.monotonic()

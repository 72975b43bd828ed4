"""Training sets: shares of sources, in units of T, as whole examples of them."""

import math
from collections.abc import Sequence
from itertools import accumulate

from genloop.errors import UserError
from genloop.policies import Mixture, Policy, Share
from genloop.policy_text import policy_name
from genloop.steps import Data, Draw, Part, TrainingSet
from genloop.steps.training_set import part_of


def assemble(policy: Policy, number: int, sources: Sequence[Data], unit: int, *, seed: int) -> TrainingSet:
    """Return what model `number` is fitted on.

    Args:
        policy: says the shares.
        number: of the iteration, counted from 1.
        sources: the real data, and the samples of every model before.
        unit: T, the number of examples in the first training set.
        seed: of a draw from the whole.

    Raises:
        UserError: if the amounts round to no example that has a weight.
    """
    mixture = policy.training_set(number)
    train = _joined(mixture, sources, unit, seed=seed)
    if train.num_examples and any(part.weight for part in train.parts):
        check_rounding(policy, number, mixture, unit)
        return train
    raise UserError(
        f"{policy_name(policy)}: with T = {unit}, the amounts of iteration {number} round to no example that has a "
        "weight. Raise them, or num_samples (T)."
    )


def check_rounding(policy: Policy, number: int, mixture: Mixture, unit: int) -> None:
    """Raise UserError if a share that counts is less than half an example, as the policy would be another one.

    Beside batches of new data it may be: they share what is left over, so that it is one example now and then.
    """
    if any(share.start >= 1 for share in mixture.shares):
        return
    for share in mixture.shares:
        if share.weight and share.amount * unit < 0.5:
            raise UserError(
                f"{policy_name(policy)}: with T = {unit}, iteration {number} takes {share.amount * unit:.2g} examples "
                f"of source {share.source}, which round to none: it would be another policy. Raise the amount, or T "
                "(num_samples)."
            )


def _joined(mixture: Mixture, sources: Sequence[Data], unit: int, *, seed: int) -> TrainingSet:
    """Turn shares into parts; one that would end beyond its source begins earlier."""
    parts: list[Part] = []
    supplies = [_supply(sources[share.source], share, unit) for share in mixture.shares]
    sizes = _sizes(mixture.shares, supplies, unit)
    for share, supply, size in zip(mixture.shares, supplies, sizes, strict=True):
        start = min(round(share.start * unit), supply - size)
        if size:
            parts.append(part_of(sources[share.source], start, start + size, share.weight))
    draw = None if mixture.draw is None else Draw(round(mixture.draw * unit), seed)
    if draw and draw.num == sum(sizes):
        draw = None  # everything is drawn: the same training set as without
    return TrainingSet(tuple(parts), draw)


def _supply(source: Data, share: Share, unit: int) -> int:
    """Return how many examples a source has; of real data, as many as this share is sure to find."""
    return at_least((share.start + share.amount) * unit) if source.num is None else source.num


def _sizes(shares: Sequence[Share], supplies: Sequence[int], unit: int) -> list[int]:
    """Return how many examples each share gives: rounded cumulatively, so that their sum is exact, within supplies.

    A share that begins beyond the first training set is a batch of new data. It leaves an example of which it has half
    to the next batch, wherever later shares can make up for that: batches that adjoin never overlap.
    """
    ends = list(accumulate(share.amount for share in shares))
    whole, given, left = round(ends[-1] * unit), 0, sum(supplies)
    sizes: list[int] = []
    for share, end, supply in zip(shares, ends, supplies, strict=True):
        left -= supply  # what all later shares can give
        size = min(round(end * unit) - given, supply)
        if share.start >= 1:
            size = min(size, _before((share.start + share.amount) * unit) - round(share.start * unit))
        sizes.append(max(size, whole - given - left, 0))
        given += sizes[-1]
    return sizes


def at_least(num: float) -> int:
    """Return the least whole number that is not below `num`, whatever the last digits of its floating point."""
    return math.ceil(round(num, 6))


def _before(end: float) -> int:
    """Return `end` rounded, a half downwards: it is not above where the next batch begins, however that is rounded."""
    return math.ceil(round(end, 6) - 0.5)

"""Whether the sources of a loop hold what its policy asks of them."""

from collections.abc import Iterable, Iterator, Sequence

from genloop.errors import UserError
from genloop.policies import REAL, Mixture, Policy, Share


def changes(mixtures: Iterable[Mixture]) -> Iterator[tuple[Sequence[Share], Sequence[Share]]]:
    """Iterate over what each training set holds beyond the one before, and what it no longer holds.

    Where the oldest shares leave, or the first is another one, and new ones join at the end, as with all shipped
    policies that hold many, one comparison of all others tells; else all are taken to change.
    """
    before: tuple[Share, ...] = ()
    for mixture in mixtures:
        shares = mixture.shares
        left = before.index(shares[0]) if shares[0] in before[:2] else len(before)
        kept = len(before) - left
        if kept and shares[:kept] == before[left:]:
            yield shares[kept:], before[:left]
        elif len(before) > 1 and shares[1 : len(before)] == before[1:]:
            yield (shares[0], *shares[len(before) :]), before[:1]
        else:
            yield shares, before
        before = shares


def check_supply(
    label: str, policy: Policy, num_iterations: int, num_real: float, *, unit: int | None = None
) -> list[Mixture]:
    """Return the training sets of all iterations; raise UserError if one asks for more than its sources hold.

    Args:
        label: the policy as the user wrote it.
        policy: the policy to check, for iterations 1 to `num_iterations`.
        num_iterations: iterations of the run.
        num_real: size of the real training data in units of T.
        unit: T in examples, for the message, where it is known.
    """
    mixtures = [policy.training_set(iteration) for iteration in range(1, num_iterations + 1)]
    union = 0.0
    for iteration, (mixture, (added, removed)) in enumerate(zip(mixtures, changes(mixtures), strict=True), start=1):
        for share in added:
            if share.source >= iteration:
                raise UserError(
                    f"{label}: iteration {iteration} asks for source {share.source}, which model {share.source} has "
                    f"not generated yet. Use sources 0 (real) to {iteration - 1}."
                )
            supply = num_real if share.source == REAL else policy.num_samples(share.source)
            _check_amount(label, iteration, share.start + share.amount, supply, _source_name(share.source), unit)
        union += sum(share.amount for share in added) - sum(share.amount for share in removed)
        if mixture.draw is not None:
            _check_amount(label, iteration, mixture.draw, union, "union of sources", unit)
    return mixtures


def _check_amount(label: str, iteration: int, amount: float, supply: float, source: str, unit: int | None) -> None:
    if amount > supply * (1 + 1e-9):
        counted = "" if unit is None else f" ({supply * unit:,.0f} examples, where T is {unit:,})"
        remedy = "Run fewer iterations, or lower" if iteration > 1 else "Lower"
        raise UserError(
            f"{label}: iteration {iteration} asks for {amount:g} T of the {source}, which holds {supply:.3g} T"
            f"{counted}. {remedy} num_samples (T)."
        )


def _source_name(source: int) -> str:
    return "real data" if source == REAL else f"synthetic data of model {source}"

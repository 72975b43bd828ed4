"""How the error of a policy grows for ever, from the structure of its training sets rather than from a finite curve."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from genloop.policies import Mixture, Policy
from genloop.theory.pieces import training_sets
from genloop.theory.propagate import Propagation, propagated
from genloop.theory.steady import end_of
from genloop.theory.structure import Appended, Latest, Nested, Steady, Structure, structure_of

CYCLE = 1e-9  # relative: phases nearer to each other have one limit
FEWEST = 20  # iterations from which terms beyond 1 / n^2 are small
LONG = 50_000  # iterations of draws from a growing union, after which what is to come has a closed form


@dataclass(frozen=True)
class Growth:
    """How a curve goes on.

    Attributes:
        law: `power` is any exponent but 0 and 1; `unsettled` where no rule shows one. Powers and exponentials are for
            measured curves.
        exponent: the curve grows like iteration^exponent; 0 if bounded or logarithmic, None if there is none.
        limit: where a bounded curve ends, or the most of what it repeats in the end; None if unknown.
        slope: growth per iteration in the end, of a linear curve; None if unknown.
        least: the least of what a bounded curve repeats in the end; None where it has one limit.
        seen: the first and the last iteration that show the rule behind the law, where nothing says that it holds for
            ever; of an unsettled one, what was looked at. None where the policy declares its rule.
    """

    law: Literal["bounded", "logarithmic", "linear", "power", "exponential", "unsettled"]
    exponent: float | None
    limit: float | None = None
    slope: float | None = None
    least: float | None = None
    seen: tuple[int, int] | None = None


def growth_of(policy: Policy, num_iterations: int = 1, *, num_examples: float = np.inf) -> Growth:
    """Return how the error of `error_curve` grows for ever.

    Args:
        policy: which data each iteration trains on.
        num_iterations: of a policy that does not declare its rule, look at so many iterations or more.
        num_examples: T; it matters only to uniform draws.

    Raises:
        UserError: if the policy asks for data that do not exist.
    """
    found = structure_of(policy, num_iterations)
    seen = None if found.is_declared else (found.first, found.last)
    match found.rule:
        case Steady() as rule if num_examples == np.inf or all(row.draw is None for row in rule.rows):
            return _of_steady(rule, policy, found, seen)
        case Nested() as rule:
            return _of_nested(rule, policy, found, num_examples, seen)
        case Appended(period):
            return Growth("bounded", 0.0, _extrapolated(policy, found.last // 4 // period * period), seen=seen)
        case Latest() as rule:
            return _of_latest(rule, policy, found, seen)
        case _:
            return Growth("unsettled", None, seen=(1, found.last))


def _of_steady(rule: Steady, policy: Policy, found: Structure, seen: tuple[int, int] | None) -> Growth:
    has_kept = any(row.pinned for row in rule.rows)
    mixtures = training_sets(policy, found.first + len(rule.rows) - 1 if has_kept else 1)
    before = propagated(mixtures)
    first = float(before.error[0])
    end = end_of(rule, mixtures, before)
    if end is None:
        return Growth("unsettled", None, seen=(1, found.last))
    if end.slope.any():
        return Growth("linear", 1.0, slope=float(end.slope.max()) / first, seen=seen)
    if end.limit is None:
        return Growth("bounded", 0.0, seen=seen)
    low, high = float(end.limit.min()) / first, float(end.limit.max()) / first
    return Growth("bounded", 0.0, high, least=None if high - low <= CYCLE * high else low, seen=seen)


def _of_nested(
    rule: Nested, policy: Policy, found: Structure, num_examples: float, seen: tuple[int, int] | None
) -> Growth:
    """Return the law of a union that grows by as much each time: what joins it counts less and less."""
    mixtures = training_sets(policy, found.first)
    before = propagated(mixtures, num_examples)
    if rule.draw is not None:
        return _of_draws(rule, mixtures, before, num_examples, seen)
    first, last = float(before.error[0]), float(before.error[-1])
    mass = sum(share.weight * share.amount for share in mixtures[-1].shares)
    new = rule.synthetic.weight * rule.synthetic.amount
    if rule.real is not None and rule.real.weight:
        return Growth("bounded", 0.0, 0.0, seen=seen)  # real data without end
    rest = rest_of_squares(mass / new) / rule.synthetic.amount if new else 0.0  # (new / mass)^2 of each to come
    return Growth("bounded", 0.0, (last + rest) / first, seen=seen)


def _of_draws(
    rule: Nested, mixtures: Sequence[Mixture], before: Propagation, num_examples: float, seen: tuple[int, int] | None
) -> Growth:
    """Return the law of draws of one size from a union that grows; see `_draw_noise` for what a draw adds."""
    shares, draw = mixtures[-1].shares, rule.draw
    weights = {share.weight for share in (*shares, rule.synthetic, *([rule.real] if rule.real else []))}
    if len(weights) > 1 or draw is None:
        return Growth("unsettled", None, seen=(1, len(mixtures)))
    if draw * num_examples <= 1 + CYCLE:
        return Growth("logarithmic", 0.0, seen=seen)  # one example is that of a source at random: 1/n is new each time
    first, synthetic, real = float(before.error[0]), rule.synthetic.amount, rule.real.amount if rule.real else 0.0
    kept = synthetic / (synthetic + real)
    if real:
        return Growth("bounded", 0.0, 1 / (draw - kept / num_examples) / first, seen=seen)

    drawn = float(before.noise[-1])
    union = sum(share.amount for share in shares)
    of_union = float(before.error[-1]) - drawn
    sources = float(sum(share.amount * before.error[share.source - 1] for share in shares if share.source))
    for _ in range(LONG):
        sources += synthetic * (of_union + drawn)
        larger = union + synthetic
        of_union += (synthetic**2 * drawn + synthetic) / larger**2
        spread = 1 + (sources / larger - of_union) / num_examples
        union, drawn = larger, (1 / draw - 1 / larger) * spread * larger / (larger - 1 / num_examples)
    in_the_end = 1 / (draw - 1 / num_examples)
    rest = (in_the_end + 1 / synthetic) * rest_of_squares(union / synthetic)
    return Growth("bounded", 0.0, (of_union + rest + in_the_end) / first, seen=seen)


def _extrapolated(policy: Policy, number: int) -> float | None:
    """Return where a curve ends whose distance from its end is a series in 1 / n, by its values at n, 2 n and 4 n.

    In a union that grows steadily, what joins differs from the union by its own new noise, and weighs 1 / n.
    """
    if number < FEWEST:
        return None
    error = propagated(training_sets(policy, 4 * number)).error
    one, two, four = (float(error[number * times - 1] / error[0]) for times in (1, 2, 4))
    return (8 * four - 6 * two + one) / 3


def _of_latest(rule: Latest, policy: Policy, found: Structure, seen: tuple[int, int] | None) -> Growth:
    """Return the law of the latest data alone: iteration n adds 1 / amount."""
    if rule.factor is None:
        return Growth("logarithmic", 0.0, seen=seen)
    error = propagated(training_sets(policy, found.last)).error
    return Growth("bounded", 0.0, float(error[-1] + 1 / rule.amount / (rule.factor - 1)) / float(error[0]), seen=seen)


def rest_of_squares(start: float) -> float:
    """Return sum_{k>=1} 1 / (start + k)^2: term by term up to 20, then by Euler and Maclaurin (error below 1e-13)."""
    total = 0.0
    while start < 20:
        start += 1
        total += 1 / start**2
    inverse = 1 / (start + 1)
    terms = 1 + inverse * (1 / 2 + inverse * (1 / 6 - inverse**2 * (1 / 30 - inverse**2 / 42)))
    return total + inverse * terms

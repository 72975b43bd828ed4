"""Data policies: which sources each training set is made of, how much of each, with what weight.

A policy is a table of shares. Source 0 is the real data, source i what model i generated; amounts are in units of
T, the size of the first training set. The same object assembles training sets, drives simulations and predicts
the outcome without training. It knows no family of models.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import inf
from typing import Any, ClassVar, Protocol, cast

from genloop.errors import UserError
from genloop.identity import later

REAL = 0
LEAST = 1e-12  # T: the least share of a policy; below, sums of amounts lose it
FINEST = 1e-14  # of where a share begins: the least amount, as the next number is 2e-16 of it away
WEIGHTS = (1e-100, 1e100)  # beyond, their products leave the range of numbers


@dataclass(frozen=True)
class Share:
    """A contiguous part of one source.

    Attributes:
        source: 0 for the real data, i for what model i generated.
        amount: size of the part, in units of T.
        weight: weight of each example in the training loss, relative to the other shares.
        start: where the part begins within its source, in units of T.
    """

    source: int
    amount: float = 1.0
    weight: float = 1.0
    start: float = 0.0

    def __post_init__(self) -> None:
        numbers_fit = 0 < self.amount < inf and 0 <= self.weight < inf and 0 <= self.start < inf
        if not numbers_fit or self.source < 0:
            raise UserError(f"{self} is no share: the amount must be positive, the rest not negative, and all finite.")
        if self.amount < LEAST or self.amount <= FINEST * self.start:
            raise UserError(
                f"{self} is no share: its amount is too small to be told from none. Use more, or leave it out."
            )
        if self.weight and not WEIGHTS[0] <= self.weight <= WEIGHTS[1]:
            raise UserError(
                f"{self} is no share: its weight is beyond what can be computed with. Weights count relative to the "
                "other shares': use 0, or numbers near 1."
            )

    def __str__(self) -> str:
        parts = [f"amount {self.amount:g}", f"weight {self.weight:g}", f"start {self.start:g}"]
        return f"{{{self.source}: {', '.join(parts)}}}"


@dataclass(frozen=True)
class Mixture:
    """What one training set is made of: all `shares` or, if `draw` is set, a uniform draw from their union.

    Attributes:
        shares: parts of sources; order matters only to which examples come first.
        draw: size of the draw without replacement, in units of T; None keeps everything.
    """

    shares: tuple[Share, ...]
    draw: float | None = None

    def __init__(self, shares: Iterable[Share], draw: float | None = None) -> None:
        object.__setattr__(self, "shares", tuple(shares))
        object.__setattr__(self, "draw", draw)
        if not self.shares or not any(share.weight for share in self.shares):
            raise UserError(
                "A training set without data cannot be fitted. Give it a share with an amount and a weight."
            )

    @property
    def size(self) -> float:
        """Size of the training set in units of T."""
        return sum(share.amount for share in self.shares) if self.draw is None else self.draw


class Policy(Protocol):
    """Says what each iteration trains on; iterations count from 1, and iteration 1 sees real data only.

    A policy may say in `steady_from` from which iteration on one rule makes each training set from the one before: all
    that is synthetic is one iteration newer and real data stay or are renewed, or new data join all before, or the
    latest data alone are more by as much. Then it is known how errors grow for ever. A class that overrides
    `training_set` has to say it anew.

    Attributes:
        version: raised when the same iteration would give other shares.
    """

    version: ClassVar[int]

    def training_set(self, iteration: int) -> Mixture:
        """Return the shares that model `iteration` is fitted on; its sources are 0 to iteration - 1."""
        ...

    def num_samples(self, iteration: int) -> float:
        """Return what model `iteration` must generate, in units of T."""
        ...


class _OneBatchPerIteration:
    """Every model generates as much as the first training set held."""

    version: ClassVar[int] = 1

    def num_samples(self, iteration: int) -> float:
        return 1.0


@lru_cache(maxsize=1 << 16)
def _whole(source: int) -> Share:
    """Return one T of a source: one object for all training sets, which is quick to make and to recognise."""
    return Share(source)


@dataclass(frozen=True)
class Replace(_OneBatchPerIteration):
    """Train on the latest synthetic data only; the error grows by one unit each iteration (eq. 1)."""

    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("shumailov2023curse", "alemohammad2023mad", "dohmatob2024regression")

    def training_set(self, iteration: int) -> Mixture:
        return Mixture([_whole(iteration - 1)])


@dataclass(frozen=True)
class Accumulate(_OneBatchPerIteration):
    """Train on the real data and all synthetic data so far; the error stays below pi^2/6 units (Theorem 2).

    Attributes:
        real: new real data that join at every further iteration, in units of T. The source must hold them all.
    """

    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("dey2024universality",)

    real: float = later(0.0)

    def __post_init__(self) -> None:
        if self.real != 0:
            _check_amount_of("accumulate", "real", self.real)

    def training_set(self, iteration: int) -> Mixture:
        real = Share(REAL, 1 + (iteration - 1) * self.real) if self.real else _whole(REAL)
        return Mixture((real, *map(_whole, range(1, iteration))))


@dataclass(frozen=True)
class ReplaceMultiple:
    """Train on the latest synthetic data only, grown to n T as accumulating would (Table 2, last column)."""

    version: ClassVar[int] = 1
    steady_from: ClassVar[int] = 2

    def training_set(self, iteration: int) -> Mixture:
        return Mixture([Share(iteration - 1, amount=float(iteration))])

    def num_samples(self, iteration: int) -> float:
        return iteration + 1.0


@dataclass(frozen=True)
class AccumulateSubsample(_OneBatchPerIteration):
    """Train on a uniform T out of the real data and all synthetic data: accumulating at fixed compute."""

    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("kazdan2024collapse", "dey2024universality")

    def training_set(self, iteration: int) -> Mixture:
        return Mixture(map(_whole, range(iteration)), draw=1.0)


@dataclass(frozen=True)
class Augment:
    """Train on the real data and the latest synthetic data, 2 T in all unless another number is synthetic.

    Attributes:
        synthetic: what every model generates and the next one trains on, in units of T.
    """

    version: ClassVar[int] = 1
    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("alemohammad2023mad",)

    synthetic: float = later(1.0)

    def __post_init__(self) -> None:
        _check_amount_of("augment", "synthetic", self.synthetic)

    def training_set(self, iteration: int) -> Mixture:
        latest = [Share(iteration - 1, self.synthetic)] if iteration > 1 else []
        return Mixture([_whole(REAL), *latest])

    def num_samples(self, iteration: int) -> float:
        return self.synthetic


@dataclass(frozen=True)
class Fresh:
    """Train on T examples: a new batch of real data each iteration beside the latest synthetic data.

    Attributes:
        real: share of the real batch, between 0 and 1. The source must hold T + real T for every further iteration.
        weight: what the whole real batch weighs in the fit, between 0 and 1; None weighs all examples alike. With
            real=0.5, 0.618 is best in the long run (arXiv 2502.18049).
    """

    version: ClassVar[int] = 1
    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("alemohammad2023mad", "he2025golden")

    real: float
    weight: float | None = later(None)

    def __post_init__(self) -> None:
        _check_share("fresh", self.real)
        if self.weight is not None and not LEAST <= self.weight <= 1 - LEAST:
            raise UserError(
                f"fresh(real={self.real}, weight={self.weight}) is no mixture: the weight of the real batch in the fit "
                "must lie between 0 and 1."
            )

    def training_set(self, iteration: int) -> Mixture:
        if iteration == 1:
            return Mixture([_whole(REAL)])
        weight = self.real if self.weight is None else self.weight
        each, each_synthetic = (
            (1.0, 1.0) if self.weight is None else (weight / self.real, (1 - weight) / (1 - self.real))
        )
        batch = Share(REAL, self.real, each, start=1 + (iteration - 2) * self.real)
        return Mixture([batch, Share(iteration - 1, 1 - self.real, each_synthetic)])

    def num_samples(self, iteration: int) -> float:
        return 1 - self.real


@dataclass(frozen=True)
class Mix:
    """Train on T examples: always the same part of the real data beside the latest synthetic data.

    Attributes:
        real: share of the real data, between 0 and 1.
    """

    version: ClassVar[int] = 1
    steady_from: ClassVar[int] = 2
    citations: ClassVar[tuple[str, ...]] = ("bertrand2023stability",)

    real: float

    def __post_init__(self) -> None:
        _check_share("mix", self.real)

    def training_set(self, iteration: int) -> Mixture:
        if iteration == 1:
            return Mixture([_whole(REAL)])
        return Mixture([Share(REAL, self.real), Share(iteration - 1, 1 - self.real)])

    def num_samples(self, iteration: int) -> float:
        return 1 - self.real


@dataclass(frozen=True)
class Window(_OneBatchPerIteration):
    """Train on the last `size` sources only; older data, the real data included, are forgotten.

    The error still grows linearly, by 4 / (size + 1)^2 units per iteration: forgetting the real data slowly is
    still forgetting it. `Window(1)` is replace.

    Attributes:
        size: sources kept, counting the real data as one.
    """

    size: int

    def __post_init__(self) -> None:
        if self.size < 1:
            raise UserError(f"window({self.size}) keeps no data. Use window(1), which is replace, or more.")

    def training_set(self, iteration: int) -> Mixture:
        oldest = max(REAL, iteration - self.size)
        return Mixture(map(_whole, range(oldest, iteration)))

    @property
    def steady_from(self) -> int:
        return self.size + 1


@dataclass(frozen=True)
class Schedule:
    """Train on an explicit table: row n holds the shares of iteration n.

    Attributes:
        rows: one tuple of shares for every iteration. Models generate the most that a later row asks of them.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("xu2025probabilistic",)

    rows: tuple[tuple[Share, ...], ...]

    def training_set(self, iteration: int) -> Mixture:
        if iteration > len(self.rows):
            raise UserError(
                f"The schedule has {len(self.rows)} rows, but iteration {iteration} was asked for. "
                f"Add rows, or run at most {len(self.rows)} iterations."
            )
        return Mixture(self.rows[iteration - 1])

    def num_samples(self, iteration: int) -> float:
        later = (share for row in self.rows[iteration:] for share in row if share.source == iteration)
        return max((share.start + share.amount for share in later), default=1.0)


def _check_share(name: str, real: float) -> None:
    if not LEAST <= real <= 1 - LEAST:
        raise UserError(
            f"{name}(real={real}) is no mixture: the real share must lie between 0 and 1, and each part be {LEAST:g} "
            "or more. For none use replace, for real data beside all synthetic data use accumulate."
        )


def _check_amount_of(policy: str, parameter: str, amount: float) -> None:
    if not (LEAST <= amount < float("inf")):
        raise UserError(f"{policy}({parameter}={amount}) is no amount. Use a positive number of T, such as 0.5.")


def schedule_from_rows(rows: Sequence[object]) -> Schedule:
    """Return the schedule written as a list of rows.

    A row is a list of amounts for sources 0, 1, 2, ... (zero leaves a source out), or a mapping from source to an
    amount or to a mapping of `amount`, `weight`, `start`.
    """
    return Schedule(tuple(_parse_row(number, row) for number, row in enumerate(rows, start=1)))


def _parse_row(number: int, row: Any) -> tuple[Share, ...]:
    items: Any = dict(enumerate(cast(list[Any], row))) if isinstance(row, list) else row
    try:
        assert isinstance(items, dict)
        # Through text, as int(0.9) is 0, the real data.
        filled = [(source, value) for source, value in cast(dict[Any, Any], items).items() if value != 0]
        shares = tuple(_parse_share(int(str(source)), value) for source, value in filled)
        assert shares
    except (AssertionError, TypeError, ValueError) as error:
        raise UserError(
            f"Row {number} of the schedule is {row!r}. Write amounts of sources 0, 1, ... such as [1, 0.5], "
            "or {source: {amount: 1, weight: 0.6}}."
        ) from error
    return shares


def _parse_share(source: int, value: Any) -> Share:
    if isinstance(value, dict):
        return Share(source, **{name: float(number) for name, number in cast(dict[str, Any], value).items()})
    return Share(source, amount=float(value))

"""What a metric measures: values that say themselves what they mean, so that nothing else has to know their metric."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from math import isfinite
from typing import Any, ClassVar, Literal, get_args

from genloop.errors import UserError, unknown_name

Aspect = Literal["loss", "diversity", "tails", "variance and support", "copying"]
Worse = Literal["higher", "lower", "neither"]

ASPECTS: tuple[Aspect, ...] = get_args(Aspect)
LOSS, DIVERSITY, TAILS, SUPPORT, COPYING = ASPECTS
SHARE = (0.0, 1.0)  # bounds
NOT_NEGATIVE = (0.0, None)


@dataclass(frozen=True)
class Value:
    """One number that a metric measures, and what it means.

    Attributes:
        name: in tables, figures and rows; what has one name in two metrics cannot be measured in one run.
        unit: of the number, and of its standard error.
        worse: which way a collapsing model goes; `neither` where that may be better or worse.
        aspect: of a collapse, of which it tells; None for none.
        rank: of the values that tell of an aspect, the one of the lowest rank stands for it; of equals, the first one.
        bounds: the least and the greatest number that there can be; None where there is none, as of densities' losses.
        theory: whose curve it follows where the estimator is of this theory, too; empty for none.
        citations: keys of `references.bib`, or whole BibTeX entries.
    """

    name: str
    unit: str
    worse: Worse = "neither"
    aspect: Aspect | None = None
    rank: int = 1
    bounds: tuple[float | None, float | None] = (None, None)
    theory: str = ""
    citations: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if isinstance(self.citations, str):
            raise UserError(f"The citations of the value {self.name} are a text. Give a tuple of them.")
        if self.worse not in get_args(Worse):
            raise UserError(f"The value {self.name} is worse={self.worse!r}. Use higher, lower or neither.")
        if self.aspect is not None and self.aspect not in ASPECTS:
            raise unknown_name(f"aspect of the value {self.name}", str(self.aspect), ASPECTS)
        if self.aspect is not None and self.worse == "neither":
            raise UserError(f"The value {self.name} tells of {self.aspect}, so one way is worse. Say which.")

    @property
    def sign(self) -> int:
        """1 if higher is worse, -1 if lower is, 0 if neither."""
        return {"higher": 1, "lower": -1, "neither": 0}[self.worse]


@dataclass(frozen=True)
class Quantiles:
    """How a value lies over independent replicates of a loop, which its mean alone does not say.

    Attributes:
        q05: 5 % of the replicates are below, as of each by its number; None where it is not finite.
        q25: likewise.
        median: likewise.
        q75: likewise.
        q95: likewise.
    """

    q05: float | None
    q25: float | None
    median: float | None
    q75: float | None
    q95: float | None

    LEVELS: ClassVar[tuple[float, ...]] = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True)
class Measured:
    """What was measured of a value: the number, its standard error and its quantiles where they are known."""

    value: float
    standard_error: float | None = None
    quantiles: Quantiles | None = None


@dataclass(frozen=True)
class Reading:
    """A measurement as it is recorded: numbers that are not finite are None."""

    of: Value
    value: float | None
    standard_error: float | None
    quantiles: Quantiles | None = None


def telling_of(aspect: str, values: Iterable[Value]) -> list[Value]:
    """Return the values that tell of an aspect, the one that stands for it first."""
    return sorted((value for value in values if value.aspect == aspect), key=lambda value: value.rank)


def to_facts(values: Iterable[Value], scored: Mapping[str, float | Measured]) -> dict[str, Any]:
    """Return what is recorded of a measurement; `from_facts` reads it back.

    Raises:
        UserError: if not every declared value was measured, or another one was.
    """
    declared = list(values)
    names, found = [value.name for value in declared], list(scored)
    if set(names) != set(found):
        raise UserError(f"A metric declares the values {', '.join(names)} and measured {', '.join(found) or 'none'}.")
    pairs = {name: value if isinstance(value, Measured) else Measured(value) for name, value in scored.items()}
    return {
        "values": {name: _finite(pairs[name].value) for name in names},
        "standard_errors": {name: _finite(pairs[name].standard_error) for name in names},
        **_quantiles({name: asdict(found) for name in names if (found := pairs[name].quantiles)}),
        "declared": [asdict(value) for value in declared],
    }


def from_facts(facts: Mapping[str, Any]) -> list[Reading]:
    """Return a measurement as it was recorded; what a newer version declares besides is not read."""
    known = {field.name for field in fields(Value)}
    plain = [{name: each for name, each in value.items() if name in known} for value in facts["declared"]]
    declared = [Value(**{name: tuple(x) if isinstance(x, list) else x for name, x in each.items()}) for each in plain]
    values, errors, quantiles = facts["values"], facts["standard_errors"], facts.get("quantiles", {})
    return [
        Reading(value, _number(values[value.name]), _number(errors[value.name]), _read(quantiles.get(value.name)))
        for value in declared
    ]


def _quantiles(found: Mapping[str, Mapping[str, float | None]]) -> dict[str, Any]:
    """Return what is recorded of the values that have quantiles; nothing where there are none."""
    plain = {name: {level: _finite(each) for level, each in levels.items()} for name, levels in found.items()}
    return {"quantiles": plain} if plain else {}


def _read(levels: Mapping[str, float | None] | None) -> Quantiles | None:
    return None if levels is None else Quantiles(*(_number(levels[field.name]) for field in fields(Quantiles)))


def _finite(number: float | None) -> float | None:
    return None if number is None or not isfinite(number) else float(number)


def _number(plain: float | None) -> float | None:
    return None if plain is None else float(plain)

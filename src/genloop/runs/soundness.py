"""What the manifest of every kind of step says, by type: one that somebody else has written may say anything."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Annotated, Any

from pydantic import FiniteFloat, StringConstraints, TypeAdapter, ValidationError

from genloop.errors import UserError
from genloop.store import Manifest
from genloop.values import Quantiles, Value

KEY = r"[a-z]+-[0-9a-f]{20}"  # becomes a path, so nothing else may pass
Key = Annotated[str, StringConstraints(pattern=rf"^{KEY}\z")]
Numbers = Mapping[str, FiniteFloat | None]


@dataclass(frozen=True)
class _Made:
    made_with: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _PrepareFacts(_Made):
    num_train: int = 0
    num_test: int = 0
    unit: str = ""
    domain: str | None = None
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    notices: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class _FitFacts(_Made):
    status: str
    num_train: int


@dataclass(frozen=True, kw_only=True)
class _SampleFacts(_Made):
    num: int


@dataclass(frozen=True, kw_only=True)
class _ScoreFacts(_Made):
    values: Numbers
    about: str
    standard_errors: Numbers = field(default_factory=dict)
    declared: Sequence[Value] | None = None
    quantiles: Mapping[str, Quantiles] = field(default_factory=dict)
    units: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_whole(self) -> bool:
        """Whether there is all that is declared; before values were, all had a unit."""
        if self.declared is None:
            return self.values.keys() <= self.units.keys()
        return {each.name for each in self.declared} <= self.values.keys() & self.standard_errors.keys()


@dataclass(frozen=True)
class _Part:
    data: Key
    start: int
    stop: int
    weight: FiniteFloat


@dataclass(frozen=True)
class _Draw:
    num: int
    seed: int


@dataclass(frozen=True)
class _Train:
    parts: Sequence[_Part]
    draw: _Draw | None


@dataclass(frozen=True, kw_only=True)
class _FitInputs:
    estimator: Mapping[str, Any] | str
    train: _Train
    iteration: int
    previous: Key | None = None


@dataclass(frozen=True, kw_only=True)
class _SampleInputs:
    model: Key
    iteration: int


@dataclass(frozen=True, kw_only=True)
class _ScoreInputs:
    metric: Mapping[str, Any] | str


@dataclass(frozen=True)
class _PrepareInputs:
    source: Any = None


SAYS: Mapping[str, tuple[type, type]] = {
    "prepare": (_PrepareFacts, _PrepareInputs),
    "fit": (_FitFacts, _FitInputs),
    "sample": (_SampleFacts, _SampleInputs),
    "score": (_ScoreFacts, _ScoreInputs),
}


def is_sound(manifest: Manifest) -> bool:
    """Whether a manifest says what steps of its kind do; those of other kinds may say what they like."""
    kind = manifest.key.partition("-")[0]
    if kind not in SAYS:
        return True
    try:
        facts, _ = (
            _adapter(each).validate_python(said) for each, said in zip(SAYS[kind], _said(manifest), strict=True)
        )
    except (ValidationError, UserError, OverflowError):
        return False
    return not isinstance(facts, _ScoreFacts) or facts.is_whole


def _said(manifest: Manifest) -> tuple[Any, Any]:
    return manifest.facts, manifest.inputs


@cache
def _adapter(kind: type) -> TypeAdapter[Any]:
    return TypeAdapter(kind)

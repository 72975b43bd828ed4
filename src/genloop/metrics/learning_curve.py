"""How likely a model found real text on the way through its fit."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from genloop.data.text.tokens import TokenDataset
from genloop.errors import UserError
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import first_tokens
from genloop.types import Context, Estimator, Evidence
from genloop.values import NOT_NEGATIVE, Value


class Snapshots(Protocol):
    """A model with snapshots of its fit."""

    @property
    def status(self) -> str: ...

    def learning_curve(self, data: TokenDataset, *, context: Context) -> tuple[float, ...]: ...


@dataclass(frozen=True)
class LearningCurve:
    """Cross-entropy on real test text of the weights at equally spaced fractions of the fit's optimiser steps.

    The estimator must keep as many snapshots. A fit that diverged has the loss of its last finite weights from there
    on.

    Attributes:
        num_tokens: test tokens to score, from the first.
        num_points: points of the curve; the last is the model itself.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "token"
    wants: ClassVar[Mapping[str, str]] = {"learning_curve": "snapshots of a fit"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    num_tokens: int = 20_000
    num_points: int = 8

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens, num_points=self.num_points)

    @property
    def values(self) -> tuple[Value, ...]:
        fractions = (number / self.num_points for number in range(1, self.num_points + 1))
        return tuple(
            Value(f"test_loss_at_{fraction:.3g}", "nats/token", bounds=NOT_NEGATIVE) for fraction in fractions
        )  # unfinished fits

    @property
    def about(self) -> str:
        return "real test text | model_t after a fraction of its optimiser steps"

    def requires(self, test: TokenDataset, num_samples: int, estimator: Estimator) -> Iterator[str]:
        kept = getattr(estimator, "snapshots", self.num_points)
        if kept != self.num_points:
            yield self._other_points(kept)

    def _other_points(self, kept: int) -> str:
        return (
            f"num_points={self.num_points} of the learning curve: the fit keeps {kept}. "
            f"Use estimator.snapshots={self.num_points}."
        )

    def score(self, evidence: Evidence[TokenDataset, Snapshots], *, seed: int, context: Context) -> Mapping[str, float]:
        model = evidence.model
        test = first_tokens(evidence.test, self.num_tokens)
        losses = model.learning_curve(test, context=context)
        if model.status == "diverged":
            losses += losses[-1:] * (self.num_points - len(losses))
        if len(losses) != self.num_points:
            raise UserError(self._other_points(len(losses)))
        return {value.name: loss for value, loss in zip(self.values, losses, strict=True)}

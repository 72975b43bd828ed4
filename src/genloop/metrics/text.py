"""How likely a model finds text: the loss of each model on real text, and of the first model on synthetic text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from genloop.data.text.tokens import TokenDataset
from genloop.metrics.amounts import check_positive
from genloop.metrics.words import first_tokens
from genloop.types import Context, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, Value


class TextLikelihood(Protocol):
    """A model with a likelihood of text."""

    def mean_loss(self, data: TokenDataset, *, context: Context) -> float: ...


@dataclass(frozen=True)
class TestLoss:
    """Cross-entropy of the model on real test text, end-of-text included.

    Attributes:
        num_tokens: test tokens to score, from the first; None scores all.
    """

    __test__: ClassVar[bool] = False  # no test case, whatever pytest thinks of the name
    version: ClassVar[int] = 1
    examples: ClassVar[str] = "token"
    wants: ClassVar[Mapping[str, str]] = {"mean_loss": "a likelihood of text"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value("test_loss", "nats/token", "higher", LOSS, bounds=NOT_NEGATIVE),
        Value("bits_per_byte", "bits/byte", "higher", LOSS, rank=2, bounds=NOT_NEGATIVE),
    )
    about = "real test text | model_t"

    num_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.num_tokens is not None:
            check_positive(num_tokens=self.num_tokens)

    def score(
        self, evidence: Evidence[TokenDataset, TextLikelihood], *, seed: int, context: Context
    ) -> Mapping[str, float]:
        test = first_tokens(evidence.test, self.num_tokens)
        loss = evidence.model.mean_loss(test, context=context)
        num_bytes = sum(len(text.encode()) for text in test.texts())
        return {"test_loss": loss, "bits_per_byte": loss * len(test) / math.log(2) / num_bytes}


@dataclass(frozen=True)
class SampleLoss:
    """Cross-entropy of the samples under the model of iteration 1, end-of-text included: -mean ln p_1(samples).

    At iteration 1 it estimates the entropy of that model. Later it falls where the samples concentrate on what the
    first model finds likely, and rises where they become noise to it. For real text it is the first model's test loss.

    Attributes:
        num_tokens: tokens of the samples to score.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "token"
    wants: ClassVar[Mapping[str, str]] = {"mean_loss": "a likelihood of text"}
    needs: ClassVar[frozenset[str]] = frozenset({"samples", "first"})
    any_size: ClassVar[bool] = True  # a mean over them
    values = (
        Value("sample_loss", "nats/token", bounds=NOT_NEGATIVE),
    )  # a collapsing model's text may be more or less likely to the first
    about = "text of model_t | model_1"

    num_tokens: int = 20_000

    def __post_init__(self) -> None:
        check_positive(num_tokens=self.num_tokens)

    def score(
        self, evidence: Evidence[TokenDataset, TextLikelihood], *, seed: int, context: Context
    ) -> Mapping[str, float]:
        samples = first_tokens(evidence.samples, self.num_tokens)
        return {"sample_loss": evidence.first.mean_loss(samples, context=context)}

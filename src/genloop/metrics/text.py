"""How likely a model finds real text."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from genloop.metrics.words import check_positive, first_tokens
from genloop.types import Context, Evidence


@dataclass(frozen=True)
class TestLoss:
    """Cross-entropy of the model on real test text, end-of-text included.

    Attributes:
        num_tokens: test tokens to score, from the first; None scores all.
    """

    __test__: ClassVar[bool] = False  # no test case, whatever pytest thinks of the name
    version: ClassVar[int] = 1
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    num_tokens: int | None = None

    def __post_init__(self) -> None:
        if self.num_tokens is not None:
            check_positive(num_tokens=self.num_tokens)

    @property
    def units(self) -> Mapping[str, str]:
        return {"test_loss": "nats/token", "bits_per_byte": "bits/byte"}

    @property
    def about(self) -> str:
        return "real test text | model_t"

    def score(self, evidence: Evidence, *, seed: int, context: Context) -> Mapping[str, float]:
        test = first_tokens(evidence.test, self.num_tokens)
        loss = evidence.model.mean_loss(test, context=context)
        num_bytes = sum(len(text.encode()) for text in test.texts())
        return {"test_loss": loss, "bits_per_byte": loss * len(test) / math.log(2) / num_bytes}

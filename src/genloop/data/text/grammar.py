"""Stories of exactly known entropy as a source: a control that tells how far a model is from the truth."""

import math
from dataclasses import dataclass
from random import Random
from typing import Any, ClassVar

from genloop.data.text.documents import RawTexts
from genloop.data.text.source import TextSource
from genloop.data.text.stories import entropy_nats, mean_bytes, tell
from genloop.errors import UserError
from genloop.identity import type_name


@dataclass(frozen=True)
class StoryGrammar(TextSource):
    """Generated stories of known entropy; `info.json` says how many bits per byte no model can beat on average.

    Attributes:
        num_train: training stories.
        num_test: test stories.
        seed: of the random numbers that the stories are drawn with.
    """

    version: ClassVar[int] = 1

    num_train: int = 5000
    num_test: int = 500
    seed: int = 0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.num_train < 1 or self.num_test < 1:
            raise UserError(
                f"num_train={self.num_train} and num_test={self.num_test} must both be positive, such as 5000 and 500."
            )

    @property
    def entropy_nats(self) -> float:
        """Entropy of a story, in nats."""
        return entropy_nats()

    @property
    def floor_bits_per_byte(self) -> float:
        """The least cross-entropy that any model can have on average, in bits per byte of text."""
        return entropy_nats() / math.log(2) / mean_bytes()

    def texts_identity(self) -> dict[str, Any]:
        sizes = {"num_train": self.num_train, "num_test": self.num_test, "seed": self.seed}
        return {"type": type_name(self), "version": self.version, **sizes}

    def read(self) -> RawTexts:
        random = Random(self.seed)
        test = {tell(random) for _ in range(self.num_test)}
        train = [story for story in (tell(random) for _ in range(self.num_train)) if story not in test]
        facts = {
            "entropy_nats_per_document": self.entropy_nats,
            "mean_bytes_per_document": mean_bytes(),
            "floor_bits_per_byte": self.floor_bits_per_byte,
        }
        return RawTexts(train, test, facts)

"""What one model is fitted on: parts of real and synthetic data."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from genloop.identity import Describing, canonical_json, describe, describe_number
from genloop.steps.step import Data, Opened, Result
from genloop.types import Dataset, Domain


@dataclass(frozen=True)
class Part(Describing):
    """Examples `start` to `stop` of real or synthetic data, with their weight in the training loss."""

    data: Data
    start: int
    stop: int
    weight: float = 1.0

    def describe(self) -> Mapping[str, object]:
        return {"data": self.data.key, "start": self.start, "stop": self.stop, "weight": describe_number(self.weight)}

    def canonical_json(self) -> str:
        return self._text

    @cached_property
    def _text(self) -> str:
        return canonical_json(self.describe())

    def open(self, opened: Opened) -> Dataset:
        return self.data.examples(opened).slice(self.start, self.stop).weighted(self.weight)


# An accumulation names each part in every later training set: two million times in 2,000 iterations.
part_of = lru_cache(1 << 14)(Part)


@dataclass(frozen=True)
class Draw:
    """A uniform draw of `num` examples without replacement."""

    num: int
    seed: int


@dataclass(frozen=True)
class TrainingSet(Describing):
    """The parts that one model is fitted on, or a uniform draw from their union."""

    parts: tuple[Part, ...]
    draw: Draw | None = None

    @property
    def num_examples(self) -> int:
        return self.draw.num if self.draw else sum(part.stop - part.start for part in self.parts)

    @property
    def is_weighted(self) -> bool:
        """Whether some examples weigh more than others."""
        return len({part.weight for part in self.parts}) > 1

    @property
    def real(self) -> Result[Domain]:
        """The real data that it descends from."""
        return self.parts[0].data.real

    @property
    def needs(self) -> list[str]:
        """The keys of the steps that made the data."""
        return [part.data.key for part in self.parts]

    def describe(self) -> Mapping[str, object]:
        return {"parts": [part.describe() for part in self.parts], "draw": describe(self.draw)}

    def canonical_json(self) -> str:
        """Return what `identity.canonical_json` makes of the description."""
        parts = ",".join(part.canonical_json() for part in self.parts)
        return f'{{"draw":{canonical_json(describe(self.draw))},"parts":[{parts}]}}'

    def open(self, opened: Opened) -> Dataset:
        """Open the examples as a view over their sources."""
        views = [part.open(opened) for part in self.parts]
        union = views[0].concat(views[1:])
        return union.draw(self.draw.num, seed=self.draw.seed) if self.draw else union

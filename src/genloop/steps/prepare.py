"""Real data made ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal, Self

from genloop.identity import step_key
from genloop.steps.step import Facts, KeyedStep, Opened
from genloop.types import Context, Dataset, Source


@dataclass(frozen=True)
class RealData:
    """Real data that are prepared.

    Attributes:
        source: what they are.
        folder: where they were prepared.
    """

    source: Source
    folder: Path

    def prepared(self, part: Literal["train", "test"]) -> Dataset:
        """Open a part of the real data."""
        return self.source.load(self.folder, part)

    def generated(self, folder: Path) -> Dataset:
        """Open data that a model generated."""
        return self.source.load_samples(folder, self.folder)


@dataclass(frozen=True, eq=False, repr=False)
class Prepare(KeyedStep):
    """Make real data ready: train and test part, and what all iterations share. It is its own result.

    Attributes:
        source: the real data.
        known_key: where a record has it, so that files of the user's own are not read again; else empty.
    """

    kind: ClassVar[str] = "prepare"
    origin: ClassVar[str] = "real"
    num: ClassVar[int | None] = None
    needs: ClassVar[tuple[str, ...]] = ()

    source: Source
    known_key: str = ""

    @cached_property
    def key(self) -> str:  # type: ignore[override]
        return self.known_key or step_key(self.kind, self.inputs)

    @property
    def inputs(self) -> Mapping[str, Any]:
        return {"source": self.source.identity()}

    @property
    def real(self) -> Self:
        return self

    def load(self, folder: Callable[[str], Path], context: Context) -> RealData:
        return RealData(self.source, folder(self.key))

    def examples(self, opened: Opened) -> Dataset:
        return opened.open(self).prepared("train")

    def make(self, opened: Opened, context: Context) -> RealData:
        return opened.open(self)

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        self.source.prepare(out, context)
        real = RealData(self.source, out)
        train, test = real.prepared("train"), real.prepared("test")
        return {"num_train": len(train), "num_test": len(test), "unit": train.unit}

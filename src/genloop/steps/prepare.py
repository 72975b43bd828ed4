"""Real data made ready."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Self

from genloop.identity import describe_component, step_key
from genloop.left_out import read_notes
from genloop.steps.step import Facts, KeyedStep, Opened
from genloop.types import Context, Dataset, Domain, Source


@dataclass(frozen=True, eq=False, repr=False)
class Prepare(KeyedStep):
    """Make real data ready: train and test part, and what all iterations share. It is its own result, a domain.

    Attributes:
        source: the real data.
        known_key: where a record has it, so that files of the user's own are not read again; else empty.
    """

    kind: ClassVar[str] = "prepare"

    source: Source
    known_key: str = ""

    @cached_property
    def _key(self) -> str:
        return self.known_key or step_key(self.kind, self.inputs)

    @property
    def inputs(self) -> Mapping[str, object]:
        return {"source": describe_component(self.source, self.source.identity())}

    @property
    def needs(self) -> tuple[str, ...]:
        return ()

    @property
    def origin(self) -> str:
        return "real"

    @property
    def num(self) -> int | None:
        return None  # until they are prepared

    @property
    def real(self) -> Self:
        return self

    def load(self, folder: Callable[[str], Path], context: Context) -> Domain:
        return self.source.open(folder(self.key))

    def examples(self, opened: Opened) -> Dataset:
        return opened.open(self).prepared("train")

    def make(self, opened: Opened, context: Context) -> Domain:
        return opened.open(self)

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        self.source.prepare(out, context)
        domain = self.source.open(out)
        train, test = domain.prepared("train"), domain.prepared("test")
        return {
            "num_train": len(train),
            "num_test": len(test),
            "unit": train.unit,
            "domain": domain.name,
            **read_notes(out),
        }

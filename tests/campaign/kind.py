"""A kind of fault, and one case of it: what it does follows from the seed, the kind and its number alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TypeVar

from runs import FAMILIES, Base

Item = TypeVar("Item")


@dataclass(frozen=True)
class Case:
    """One case.

    Attributes:
        number: of the case, from 0.
        random: what it draws from.
        base: undisturbed runs.
        place: an empty folder of its own; commands run in `work` within it.
    """

    number: int
    random: Random
    base: Base
    place: Path

    @property
    def run_dir(self) -> Path:
        return self.place / "work" / "run"

    def family(self) -> str:
        """Return the family of this case: one after the other."""
        return list(FAMILIES)[self.number % len(FAMILIES)]

    def one_of(self, items: Sequence[Item]) -> Item:
        return self.random.choice(items)


@dataclass(frozen=True)
class Kind:
    """A kind of fault.

    Attributes:
        name: for the table, and for `--only`.
        what: is done to a run.
        share: of the time, relative to the other kinds.
        num_quick: cases of it in the short form.
        attempt: tries one case and returns what did not hold; nothing if all did.
        needs: a program that it cannot do without.
    """

    name: str
    what: str
    share: float
    num_quick: int
    attempt: Callable[[Case], list[str]]
    needs: str = ""

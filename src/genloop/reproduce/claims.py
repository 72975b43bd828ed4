"""What a reproduction found: statements beside the measurements that decide them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from genloop.reproduce.grid import Grid


@dataclass(frozen=True)
class Claim:
    """One statement, what it predicts, and what was measured.

    Attributes:
        text: the statement, with its reference.
        expected: what it predicts.
        measured: what was measured, in the same unit.
        standard_error: of the measurement.
        holds: the verdict; None where the measurement does not decide it. The numbers are None, too, for a statement
            that nobody can measure.
        unit: of the numbers.
    """

    text: str
    expected: float | None = None
    measured: float | None = None
    standard_error: float | None = None
    holds: bool | None = None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        undecided = "not judged" if self.measured is None else "undecided"
        return {True: "holds", False: "FAILS", None: undecided}[self.holds]

    @classmethod
    def of(
        cls, text: str, *, expected: float, measured: float, standard_error: float, standard_errors: float = 4.0
    ) -> Self:
        """Return the claim that holds if `measured` is within so many standard errors of `expected`.

        Four standard errors are crossed by chance with probability 6e-5 for each claim.
        """
        holds = abs(measured - expected) <= standard_errors * standard_error + math.ulp(expected)
        return cls(text, expected, measured, standard_error, holds)


@dataclass(frozen=True)
class Reproduction:
    """One figure or table of the paper, computed again.

    Attributes:
        title: what is reproduced.
        claims: its statements, each with a verdict.
        figures: files that were drawn.
        grids: tables of numbers or texts.
        notes: sentences that belong below.
        pages: files that hold all of this.
    """

    title: str
    claims: tuple[Claim, ...]
    figures: tuple[Path, ...] = ()
    grids: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[Path, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether no claim fails."""
        return all(claim.holds is not False for claim in self.claims)

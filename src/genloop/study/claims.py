"""What a reproduction found: statements beside the measurements that decide them."""

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from genloop.numerals import plain, signed
from genloop.plan import Plan
from genloop.study.computation import Computation
from genloop.study.grid import Grid


@dataclass(frozen=True)
class Claim:
    """One statement, what the paper or the theory says of it, and what was measured.

    Attributes:
        text: the statement, with its reference.
        expected: what the paper prints or the theory predicts, in the unit of the measurement; words of the paper where
            it has no number; None for a control that it does not have.
        measured: what was measured.
        standard_error: of the measurement, over seeds or replicates; None where there is one seed.
        holds: the verdict; None where the measurement does not decide it, or where nobody can measure it.
        unit: of the numbers.
    """

    text: str
    expected: float | str | None = None
    measured: float | None = None
    standard_error: float | None = None
    holds: bool | None = None
    unit: str = ""

    @property
    def verdict(self) -> str:
        """The verdict in a word or two."""
        undecided = "not judged" if self.measured is None else "undecided"
        return {True: "holds", False: "FAILS", None: undecided}[self.holds]

    @property
    def expected_text(self) -> str:
        """What the paper or the theory says, as people write it."""
        if isinstance(self.expected, str):
            return f"“{self.expected}”"
        return "" if self.expected is None else _number(self.expected, None)

    @property
    def measured_text(self) -> str:
        """The measurement with its standard error, in as many digits as that leaves it."""
        if self.measured is None:
            return ""
        if not math.isfinite(self.measured):
            return "not finite"
        if self.standard_error is None:
            return f"{_number(self.measured, None)} {self.unit} (one seed)"
        return f"{_number(self.measured, self.standard_error)} {self.unit}".strip()

    @classmethod
    def of(
        cls, text: str, *, expected: float, measured: float, standard_error: float, standard_errors: float = 4.0
    ) -> Self:
        """Return the claim that holds if `measured` is within so many standard errors of `expected`.

        Four standard errors are crossed by chance with probability 6e-5 for each claim.
        """
        holds = abs(measured - expected) <= standard_errors * standard_error + math.ulp(expected)
        return cls(text, expected, measured, standard_error, holds)


def _number(value: float, error: float | None) -> str:
    """Return a level or a difference, with as many decimals as its error has at two digits."""
    return plain(value) if error is None else signed(value, error).removeprefix("+")


@dataclass(frozen=True)
class Reproduction:
    """One figure or table of the paper, computed again, or several together.

    Attributes:
        title: what is reproduced.
        claims: its statements, each with a verdict.
        figures: files that were drawn.
        grids: tables of numbers or texts.
        notes: sentences that belong below.
        pages: files that hold all of this.
        computation: what computed it.
        plan: the steps that it needs, where only these were asked for.
        parts: what it is made of, where these are several.
        problem: why it could not be computed; empty where it was.
    """

    title: str
    claims: tuple[Claim, ...]
    figures: tuple[Path, ...] = ()
    grids: tuple[Grid, ...] = ()
    notes: tuple[str, ...] = ()
    pages: tuple[Path, ...] = ()
    computation: Computation | None = None
    plan: Plan | None = None
    parts: tuple["Reproduction", ...] = ()
    problem: str = ""

    @property
    def holds(self) -> bool:
        """Whether no claim fails."""
        return all(claim.holds is not False for claim in self.claims)

    @property
    def is_complete(self) -> bool:
        """Whether everything could be computed."""
        return not self.problem and all(part.is_complete for part in self.parts)

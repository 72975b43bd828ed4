"""One of several portions of a run, as a task of a job array computes."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from genloop.errors import UserError
from genloop.loop import Iteration
from genloop.policy_text import policy_name


@dataclass(frozen=True)
class Portion:
    """Every so-manieth loop of a run; steps that loops share belong to all that ask for them.

    Attributes:
        number: counted from 1.
        of: how many portions there are.

    Raises:
        UserError: if there is no such portion.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise UserError(f"There is no part {self.number} of {self.of}. Write for example 3/8, from 1/8 to 8/8.")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the portion that is written as `3/8`.

        Raises:
            UserError: if something else is written.
        """
        number, _, of = text.partition("/")
        if not (number.isdecimal() and of.isdecimal()) or len(text) > 20:
            raise UserError(f"--part {text[:40]} is no part of a run. Write for example 3/8.")
        return cls(int(number), int(of))

    def of_run(self, iterations: Sequence[Iteration]) -> list[Iteration]:
        """Return the rounds of its loops."""
        loops = list(dict.fromkeys((item.seed, policy_name(item.policy)) for item in iterations))
        mine = set(loops[self.number - 1 :: self.of])
        return [item for item in iterations if (item.seed, policy_name(item.policy)) in mine]

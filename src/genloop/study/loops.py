"""What a study is made of: feedback loops of any family, each of which a scale turns into an experiment."""

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

from genloop.errors import unknown_name
from genloop.experiment import Experiment
from genloop.policies import Policy
from genloop.policy_text import policy_name
from genloop.runs.record import Run
from genloop.types import Source


class Scale(Protocol):
    """How large models and data are made."""

    @property
    def name(self) -> str: ...

    @property
    def source(self) -> Source: ...

    @property
    def about(self) -> str:
        """The same in a sentence, for the reader of a page."""
        ...


AnyScale = TypeVar("AnyScale", bound=Scale)


def named_scale(name: str | None, scales: Mapping[str, Callable[[], AnyScale]]) -> AnyScale:
    """Return the scale of a name, or the one for a laptop.

    Raises:
        UserError: if there is no such scale.
    """
    name = name or "laptop"
    if name not in scales:
        raise unknown_name("scale", name, scales)
    return scales[name]()


@dataclass(frozen=True)
class Loop(ABC):
    """One feedback loop; equal loops are computed once.

    Attributes:
        name: of the row or the panel that it belongs to.
        policy: what each training set is made of.
    """

    name: str
    policy: Policy

    @property
    def label(self) -> str:
        """The loop in words."""
        return f"{self.name}, {policy_name(self.policy)}"

    @property
    def folder(self) -> str:
        """The loop as the name of a folder."""
        return re.sub(r"[^a-z0-9.]+", "-", self.label.lower()).strip("-")

    @abstractmethod
    def experiment(self, scale: Any, num_real: int, seeds: tuple[int, ...] | None) -> Experiment:
        """Return what to compute.

        Args:
            scale: how large models and data are.
            num_real: real training examples.
            seeds: one loop for each; None takes the scale's.
        """

    @abstractmethod
    def settings(self, run: Run) -> Mapping[str, str]:
        """Return model, data and training of the finished loop, under names that all loops of a study share."""

"""What a step of a run is: a description that has a name before anything runs, and that computes itself.

A step refers to earlier ones by their results: a key, and what opens it. Steps are therefore flat, however long the
loop behind them: they compare, hash and print by key, and a pickled step carries nothing but its own description.
"""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar, Protocol, TypeVar

from genloop.identity import step_key
from genloop.types import Context, Cost, Dataset, Domain, Resources

Facts = Mapping[str, object]

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class HasKey(Protocol):
    """A step, or what later steps keep of it."""

    @property
    def key(self) -> str: ...


class Keyed:
    """Something that compares, hashes and prints by its key."""

    def __eq__(self: HasKey, other: object) -> bool:
        return type(other) is type(self) and other.key == self.key  # type: ignore[attr-defined] - it has one, too

    def __hash__(self: HasKey) -> int:
        return hash(self.key)

    def __repr__(self: HasKey) -> str:
        return f"<{type(self).__name__} {self.key}>"


class Result(HasKey, Protocol[T_co]):
    """What later steps keep of an earlier one: enough to open its result anywhere."""

    def load(self, folder: Callable[[str], Path], context: Context) -> T_co:
        """Open the result from a folder; `folder` tells where that of a key lies."""
        ...


class Opened(Protocol):
    """Opens results of earlier steps, from a store or from memory."""

    def open(self, result: Result[T]) -> T:
        """Return a model, a data set or, of real data, their domain."""
        ...


class Data(HasKey, Protocol):
    """Examples that a training set may be made of.

    Attributes:
        origin: who wrote them: `real`, or `model 3`.
        num: how many there are; None for real data, which are counted once they are prepared.
    """

    @property
    def origin(self) -> str: ...

    @property
    def num(self) -> int | None: ...

    @property
    def real(self) -> Result[Domain]:
        """The real data that these descend from, opened as their domain."""
        ...

    def examples(self, opened: Opened) -> Dataset:
        """Open the examples."""
        ...


class Step(Protocol):
    """One computation of a run. Executors know no more of it than this.

    Attributes:
        kind: what it does, the first word of its key.
        efficiency: share of the rate of matrix products that it is assumed to reach until one has been measured.
    """

    kind: ClassVar[str]
    efficiency: ClassVar[float]

    @property
    def key(self) -> str:
        """Its name, which follows from its inputs."""
        ...

    @property
    def inputs(self) -> Mapping[str, object]:
        """What the key is made of."""
        ...

    @property
    def needs(self) -> tuple[str, ...]:
        """The keys of the steps whose results it reads."""
        ...

    @property
    def resources(self) -> Resources:
        """What it computes with; never part of a key."""
        ...

    @property
    def workload(self) -> Hashable:
        """What its cost depends on: steps of equal workload cost the same."""
        ...

    def cost(self, domain: Domain) -> Cost:
        """Return what it takes; `domain` is that of the real data, which are prepared."""
        ...

    def make(self, opened: Opened, context: Context) -> object:
        """Return its result in memory."""
        ...

    def compute(self, opened: Opened, out: Path, context: Context) -> Facts:
        """Write its result to a folder, and return the facts that its manifest records."""
        ...


@dataclass(frozen=True, eq=False, repr=False)
class KeyedStep(Keyed):
    """What the shipped steps share: a key from their inputs, and a cost of nothing where none is known."""

    kind: ClassVar[str]
    efficiency: ClassVar[float] = 1.0

    @property
    def inputs(self) -> Mapping[str, object]:
        raise NotImplementedError

    @property
    def key(self) -> str:
        return self._key

    @cached_property
    def _key(self) -> str:
        return step_key(self.kind, self.inputs)

    def __getstate__(self) -> dict[str, object]:
        """Keep the key in a pickle: whoever opens it may not have the files that it was made of."""
        return {**vars(self), "_key": self.key}

    @property
    def resources(self) -> Resources:
        return Resources()

    @property
    def workload(self) -> Hashable:
        return self.kind

    def cost(self, domain: Domain) -> Cost:
        return Cost()


def distinct(keys: list[str]) -> tuple[str, ...]:
    """Return the keys in their order, each once."""
    return tuple(dict.fromkeys(keys))

"""What was worked out of a class, remembered for as long as everything that was looked at for it is still the same."""

from collections.abc import Callable, Iterable
from operator import is_
from typing import Any, TypeVar

T = TypeVar("T")
Look = Callable[[], Iterable[Any]]


class Looks:
    """What was looked at, and what was seen.

    Things are compared by identity, which takes microseconds; what changes inside must be looked into by itself.
    """

    def __init__(self) -> None:
        self._seen: list[tuple[Look, tuple[Any, ...]]] = []

    def see(self, look: Look) -> tuple[Any, ...]:
        """Look at things, keep in mind what is seen, and return it."""
        seen = tuple(look())
        self._seen.append((look, seen))
        return seen

    def still_hold(self) -> bool:
        """Whether another look shows the same things."""
        return all(_same(tuple(look()), seen) for look, seen in self._seen)


def remembered(work_out: Callable[[type, Looks], T]) -> Callable[[type], T]:
    """Return a function of a class that works out its value again only when something that it looked at has changed."""
    known: dict[type, tuple[Looks, T]] = {}

    def recall(kind: type) -> T:
        if kind not in known or not known[kind][0].still_hold():
            looks = Looks()
            known[kind] = looks, work_out(kind, looks)
        return known[kind][1]

    return recall


def _same(now: tuple[Any, ...], before: tuple[Any, ...]) -> bool:
    return len(now) == len(before) and all(map(is_, now, before))

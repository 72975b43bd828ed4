"""Steps begin when what they need is done, the longest chain first."""

from dataclasses import dataclass
from typing import Any, cast

from genloop.executors.graph import Graph


@dataclass(frozen=True)
class Named:
    key: str
    needs: tuple[str, ...] = ()


# Two chains, a1 -> a2 -> a3 and b1 -> b2, and a score of a1 that nobody waits for; `done` is no step of theirs.
STEPS = [
    Named("score", ("done",)),
    Named("b1", ("done",)),
    Named("a1"),
    Named("b2", ("b1",)),
    Named("a2", ("a1", "done")),
    Named("a3", ("a2",)),
]


def order(seconds: dict[str, float], jobs: int) -> list[str]:
    """Return the keys as they begin if every step takes as long and `jobs` are at work."""
    graph, begun, at_work = Graph(cast(Any, STEPS), seconds), [], []
    while graph.num_unfinished:
        while len(at_work) < jobs and (step := graph.next()):
            at_work.append(step.key)
        begun += at_work
        for key in at_work:
            graph.finish(key)
        at_work = []
    return begun


def test_the_longest_chain_begins_first():
    assert order({}, 1) == ["a1", "b1", "a2", "score", "b2", "a3"]


def test_seconds_count_where_they_are_known():
    """b1 and b2 take 21 s together, a1 to a3 three."""
    assert order({"b2": 20.0}, 1)[:2] == ["b1", "b2"]


def test_several_begin_at_once_and_none_before_its_needs():
    begun = order({}, 2)
    assert begun[:2] == ["a1", "b1"]
    assert sorted(begun) == sorted(step.key for step in STEPS)
    assert all(begun.index(need) < begun.index(step.key) for step in STEPS for need in step.needs if need != "done")


def test_nothing_begins_while_all_wait():
    graph = Graph(cast(Any, STEPS[2:3] + STEPS[4:]), {})
    first = graph.next()
    assert first
    assert graph.next() is None
    graph.finish(first.key)
    assert graph.next() is not None

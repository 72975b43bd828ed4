"""A story grammar whose entropy is known exactly.

A story is an opening, a wish, some events and an ending. Each is a template with slots; hero, friend, place and
treasure are remembered once they are named. Every choice is independent of the earlier ones, and no two derivations
give the same text, so the entropy of a story is the sum of the entropies of its choices.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import accumulate
from random import Random
from string import Formatter

from genloop.data.text.sentences import ENDINGS, EVENTS, NUM_EVENTS, OPENINGS, WISHES, WORDS

KNOWN_AFTER_OPENING = frozenset({"hero", "friend", "place"})
REMEMBERED = KNOWN_AFTER_OPENING | {"treasure"}


@dataclass(frozen=True)
class Position:
    """A place for a sentence within a story.

    Attributes:
        templates: the sentences, all equally likely.
        known: slots that earlier sentences have filled.
    """

    templates: tuple[str, ...]
    known: frozenset[str] = frozenset()

    def new_slots(self, template: str) -> list[str]:
        """Return the slots that a template here fills with a new word."""
        return [slot for slot in dict.fromkeys(slots(template)) if slot not in self.known]

    @cached_property
    def entropy_nats(self) -> float:
        """Entropy of the sentence, given the story so far."""
        words = [sum(map(_word_entropy, self.new_slots(template))) for template in self.templates]
        return math.log(len(self.templates)) + _mean(words)

    @cached_property
    def mean_bytes(self) -> float:
        """Expected length of the sentence."""
        return _mean([_literal_bytes(template) + sum(map(_word_bytes, slots(template))) for template in self.templates])


OPENING = Position(OPENINGS)
WISH = Position(WISHES, KNOWN_AFTER_OPENING)
EVENT = Position(EVENTS, REMEMBERED)
ENDING = Position(ENDINGS, REMEMBERED)


def tell(random: Random) -> str:
    """Return a random story."""
    memory: dict[str, str] = {}
    num_events = random.choice(NUM_EVENTS)
    return " ".join(_say(position, memory, random) for position in (OPENING, WISH, *[EVENT] * num_events, ENDING))


def entropy_nats() -> float:
    """Return the entropy of a story, in nats."""
    sentences = OPENING.entropy_nats + WISH.entropy_nats + _mean(NUM_EVENTS) * EVENT.entropy_nats + ENDING.entropy_nats
    return math.log(len(NUM_EVENTS)) + sentences


def mean_bytes() -> float:
    """Return the expected length of a story, in bytes."""
    sentences = OPENING.mean_bytes + WISH.mean_bytes + _mean(NUM_EVENTS) * EVENT.mean_bytes + ENDING.mean_bytes
    num_spaces = 2 + _mean(NUM_EVENTS)
    return sentences + num_spaces


@cache
def slots(template: str) -> tuple[str, ...]:
    """Return the slots of a template in order, repeats included."""
    return tuple(name for _, name, _, _ in Formatter().parse(template) if name)


@cache
def word_probabilities(slot: str) -> tuple[float, ...]:
    """Return the probability of each word of a slot, by Zipf's law: inversely proportional to its rank."""
    weights = [1 / rank for rank in range(1, len(WORDS[slot]) + 1)]
    return tuple(weight / sum(weights) for weight in weights)


def _say(position: Position, memory: dict[str, str], random: Random) -> str:
    template = random.choice(position.templates)
    memory.update((slot, _word(slot, random)) for slot in position.new_slots(template))
    return template.format_map(memory)


def _word(slot: str, random: Random) -> str:
    return random.choices(WORDS[slot], cum_weights=_cumulative(slot))[0]


@cache
def _cumulative(slot: str) -> list[float]:
    return list(accumulate(word_probabilities(slot)))


@cache
def _word_entropy(slot: str) -> float:
    return -sum(p * math.log(p) for p in word_probabilities(slot))


@cache
def _word_bytes(slot: str) -> float:
    return sum(p * len(word) for p, word in zip(word_probabilities(slot), WORDS[slot], strict=True))


def _literal_bytes(template: str) -> int:
    return sum(len(literal) for literal, *_ in Formatter().parse(template))


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)

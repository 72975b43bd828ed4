"""The story grammar: its stated entropy and length against told stories, whose probability is read off their text."""

import json
import math
import re
from collections import Counter
from functools import cache
from pathlib import Path
from random import Random

import numpy as np
import pytest

from genloop.data.text import stories
from genloop.data.text.grammar import StoryGrammar
from genloop.data.text.sentences import NUM_EVENTS, WORDS
from genloop.data.text.stories import ENDING, EVENT, OPENING, WISH, Position
from genloop.errors import UserError
from genloop.types import Context

POSITIONS = (OPENING, WISH, EVENT, ENDING)


@cache
def pattern_of(template: str) -> re.Pattern[str]:
    seen: set[str] = set()

    def group(match: re.Match[str]) -> str:
        slot = match[1]
        pattern = f"(?P={slot})" if slot in seen else f"(?P<{slot}>{'|'.join(WORDS[slot])})"
        seen.add(slot)
        return pattern

    return re.compile(re.sub(r"\\{(\w+)\\}", group, re.escape(template)))


def readings(position: Position, sentence: str) -> list[tuple[str, dict[str, str]]]:
    """Return every template of a position that gives the sentence, with the words in its slots."""
    matches = [(template, pattern_of(template).fullmatch(sentence)) for template in position.templates]
    return [(template, match.groupdict()) for template, match in matches if match]


def nats_of(story: str) -> float:
    """Return -log p of a story from its text alone; fails unless exactly one derivation gives it."""
    sentences = [f"{sentence}." for sentence in story.removesuffix(".").split(". ")]
    num_events = len(sentences) - 3
    assert num_events in NUM_EVENTS
    memory: dict[str, str] = {}
    nats = math.log(len(NUM_EVENTS))
    for position, sentence in zip((OPENING, WISH, *[EVENT] * num_events, ENDING), sentences, strict=True):
        ((template, words),) = readings(position, sentence)
        assert all(memory[slot] == word for slot, word in words.items() if slot in position.known)
        memory.update(words)
        nats += math.log(len(position.templates))
        for slot in position.new_slots(template):
            nats -= math.log(stories.word_probabilities(slot)[WORDS[slot].index(words[slot])])
    return nats


def test_stories_have_one_derivation_each_and_the_stated_entropy():
    random = Random(1)
    nats = np.array([nats_of(stories.tell(random)) for _ in range(2000)])
    standard_error = nats.std() / math.sqrt(len(nats))
    assert standard_error < 0.01 * stories.entropy_nats()
    assert abs(nats.mean() - stories.entropy_nats()) < 4 * standard_error


def test_stories_have_the_stated_length():
    random = Random(2)
    lengths = np.array([len(stories.tell(random).encode()) for _ in range(4000)])
    assert abs(lengths.mean() - stories.mean_bytes()) < 4 * lengths.std() / math.sqrt(len(lengths))


def test_choices_have_the_stated_probabilities():
    """A deviation here would leave the mean of -log p above right only by accident."""
    random = Random(3)
    num_stories = 4000
    openings = [stories.tell(random).split(". ")[0] + "." for _ in range(num_stories)]
    read = [readings(OPENING, opening)[0] for opening in openings]
    heroes = Counter(words["hero"] for _, words in read)
    templates = Counter(template for template, _ in read)
    expected = {
        **dict(zip(WORDS["hero"], stories.word_probabilities("hero"), strict=True)),
        **dict.fromkeys(OPENING.templates, 1 / len(OPENING.templates)),
    }
    for outcome, p in expected.items():
        share = (heroes + templates)[outcome] / num_stories
        assert abs(share - p) < 4.5 * math.sqrt(p * (1 - p) / num_stories), outcome


def test_words_follow_zipf():
    assert np.array(stories.word_probabilities("weather")) == pytest.approx(20 / 49 / np.arange(1, 7))


def test_every_sentence_can_be_read_in_one_way_only():
    """Sentences have one full stop, at the end; words have no spaces; slots are known exactly where they are filled."""
    for words in WORDS.values():
        assert len(set(words)) == len(words)
        assert all(re.fullmatch(r"\w+", word) for word in words)
    for position in POSITIONS:
        for template in position.templates:
            assert template.index(".") == len(template) - 1
            for rank in range(3):
                filled = template.format(**{slot: words[rank] for slot, words in WORDS.items()})
                assert len(readings(position, filled)) == 1


def test_what_is_known_has_been_said_in_every_earlier_sentence():
    """Otherwise a template could need a word that some stories have not chosen yet."""
    known: frozenset[str] = frozenset()
    for position in POSITIONS:
        assert position.known <= known
        known |= frozenset.intersection(*(frozenset(stories.slots(template)) for template in position.templates))


def test_info_states_the_floor(tmp_path: Path):
    source = StoryGrammar(num_train=300, num_test=20, vocabulary=400)
    source.prepare(tmp_path, Context())
    info = json.loads((tmp_path / "info.json").read_text())
    assert (info["train"]["documents"], info["test"]["documents"]) == (300, 20)
    assert info["entropy_nats_per_document"] == source.entropy_nats == stories.entropy_nats()
    assert info["floor_bits_per_byte"] == pytest.approx(stories.entropy_nats() / math.log(2) / stories.mean_bytes())


def test_parameters_are_its_identity():
    assert StoryGrammar(seed=1).identity() != StoryGrammar().identity()
    assert StoryGrammar(num_train=10).identity() != StoryGrammar().identity()
    with pytest.raises(UserError, match="num_train=0"):
        StoryGrammar(num_train=0)

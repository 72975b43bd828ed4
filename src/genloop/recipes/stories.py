"""Small language models on text: experiments that finish on a laptop."""

from dataclasses import replace

from genloop.data.text.bible import Bible
from genloop.data.text.files import Texts
from genloop.data.text.grammar import StoryGrammar
from genloop.data.text.hub import HubTexts
from genloop.experiment import Experiment
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.copying import Copying
from genloop.metrics.diversity import Diversity
from genloop.metrics.text import TestLoss
from genloop.metrics.vocabulary import TailMass
from genloop.policies import Accumulate, Replace

SMALL = GPT2(width=128, num_layers=2, num_heads=4, context=64, epochs=1, batch=4, learning_rate=3e-3)
METRICS = (TestLoss(num_tokens=50_000), Diversity(), TailMass(), Copying())


def demo() -> Experiment:
    """Replace against accumulate on real English, in minutes on two cores."""
    return Experiment(
        name="demo",
        source=Bible(vocabulary=1024),
        estimator=SMALL,
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
        num_samples=160_000,
    )


def demo_matched_steps() -> Experiment:
    """The demo's control: every model takes as many optimiser steps as the first, however large its training set."""
    plain = demo()
    assert plain.num_samples is not None
    steps = SMALL.resolved_steps(plain.num_samples)
    return replace(plain, name="demo-matched-steps", estimator=replace(SMALL, num_steps=steps))


def text() -> Experiment:
    """Your own text: --set source.train=FILE, a text file, a folder, Parquet or JSON lines."""
    own = Texts(train="YOUR_TEXT.txt", vocabulary=1024)
    return replace(demo(), name="text", source=own, estimator=replace(SMALL, epochs=3), num_samples=None)


def tinystories() -> Experiment:
    """TinyStories from the Hub: a 3M-parameter GPT-2 on half a million tokens."""
    return Experiment(
        name="tinystories",
        source=HubTexts("roneneldan/TinyStories", vocabulary=2048, max_documents=20_000),
        estimator=GPT2(width=192, num_layers=6, num_heads=6, context=256, epochs=3),
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
        num_samples=500_000,
    )


def grammar() -> Experiment:
    """The demo on stories from a grammar of exactly known entropy, the named control."""
    return replace(demo(), name="grammar", source=StoryGrammar(vocabulary=512))

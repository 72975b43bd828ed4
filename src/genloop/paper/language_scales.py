"""How large the paper's language models and data are made: for a laptop, for one GPU, or as they were."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from genloop.data.text.bible import Bible
from genloop.data.text.files import Texts
from genloop.data.text.source import TextSource
from genloop.families.lm.estimator import LanguageEstimator
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.metrics.self_bleu import SelfBLEU
from genloop.metrics.text import SampleLoss
from genloop.metrics.vocabulary import RareTypes
from genloop.recipes.language_models import GPT2_9M, LLAMA_12M, LLAMA_42M, LLAMA_126M, TINY_STORIES
from genloop.recipes.stories import METRICS
from genloop.study.loops import named_scale
from genloop.study.request import Request
from genloop.types import Metric

NUM_STORIES = 2_119_719  # in the training split of TinyStories


@dataclass(frozen=True)
class LanguageScale:
    """What stands for the paper's data and models.

    Attributes:
        name: laptop, gpu or paper.
        source: real text.
        num_samples: T, the tokens of the paper's data set; None for all of the source.
        passes: over the data, for one epoch of the paper.
        estimators: what stands for the paper's models, each for one epoch.
        metrics: what is measured at every iteration.
        seeds: one loop for each.
        about: the same in a sentence, for the reader of a page.
    """

    name: str
    source: TextSource
    num_samples: int | None
    passes: float
    estimators: Mapping[str, LanguageEstimator]
    metrics: tuple[Metric, ...] = (*METRICS, SampleLoss(), RareTypes(), SelfBLEU())
    seeds: tuple[int, ...] = (0, 1)
    about: str = ""


def laptop() -> LanguageScale:
    """The embedded Bible, a GPT-2 of 0.54M parameters and Llamas of 0.04M, 0.16M and 0.56M: an hour on two cores.

    Each Llama is about 3.5 times as large as the one before, as the paper's are, and fits the first data better. In
    batches of 4 blocks every seed leaves the plateau at 5 nats, where a model knows little but frequencies, well within
    a fit; in batches of 16, with a quarter of the optimiser steps, some seeds do not.
    """
    small: Mapping[str, Any] = {"context": 64, "batch": 4}
    return LanguageScale(
        name="laptop",
        source=Bible(vocabulary=1024),
        num_samples=160_000,
        passes=1,
        estimators={
            "gpt2-9m": GPT2(width=128, num_layers=2, num_heads=4, learning_rate=3e-3, **small),
            "llama-12m": Llama(width=16, num_layers=2, num_heads=2, inner=48, learning_rate=1e-2, **small),
            "llama-42m": Llama(width=48, num_layers=2, num_heads=2, inner=144, learning_rate=3e-3, **small),
            "llama-126m": Llama(width=112, num_layers=2, num_heads=2, inner=336, learning_rate=2e-3, **small),
        },
        about="The data are far smaller than the paper's, and so are the models that stand for its own.",
    )


def gpu() -> LanguageScale:
    """A tenth of TinyStories and models of the paper's sizes, in bfloat16: for one GPU."""
    source = replace(TINY_STORIES, max_documents=NUM_STORIES // 10)
    return replace(paper(), name="gpu", source=source, about="A tenth of TinyStories; models of the paper's sizes.")


def paper() -> LanguageScale:
    """All of TinyStories for one epoch and models of the paper's sizes, in bfloat16."""
    models = {"gpt2-9m": GPT2_9M, "llama-12m": LLAMA_12M, "llama-42m": LLAMA_42M, "llama-126m": LLAMA_126M}
    return LanguageScale(
        name="paper",
        source=TINY_STORIES,
        num_samples=None,
        passes=1,
        estimators={name: replace(model, precision="bfloat16") for name, model in models.items()},
        seeds=(0,),
        about="All of TinyStories; models of the paper's sizes.",
    )


SCALES: Mapping[str, Callable[[], LanguageScale]] = {"laptop": laptop, "gpu": gpu, "paper": paper}


def find_scale(request: Request) -> LanguageScale:
    """Return the scale that is asked for, on the user's own text if there is any.

    Raises:
        UserError: if there is no such scale.
    """
    scale = named_scale(request.scale, SCALES)
    if request.train is None:
        return scale
    source = Texts(request.train, request.test, vocabulary=scale.source.vocabulary)
    return replace(scale, source=source, about=f"{scale.about} Here with {Path(request.train).name} as real text.")

"""One small experiment of every family; a new family adds a line here and must pass everything in this folder."""

from collections.abc import Callable

from toys import experiment as toy

from genloop.data.bible import Bible
from genloop.data.grammar import StoryGrammar
from genloop.experiment import Experiment
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.text import Copying, Diversity, TailMass, TestLoss
from genloop.policies import Accumulate, Replace

TEXT_METRICS = (TestLoss(num_tokens=500), Diversity(), Copying(), TailMass())
SMALL_GPT2 = GPT2(width=16, num_layers=1, num_heads=2, context=16, epochs=1)


def _gpt2() -> Experiment:
    return Experiment(
        "gpt2", Bible(vocabulary=300), SMALL_GPT2, (Replace(), Accumulate()), TEXT_METRICS, 2, num_samples=1500
    )


def _gpt2_on_grammar() -> Experiment:
    source = StoryGrammar(num_train=100, num_test=20, vocabulary=300)
    return Experiment("grammar", source, SMALL_GPT2, (Replace(), Accumulate()), TEXT_METRICS, 2, num_samples=1500)


CASES: dict[str, Callable[[], Experiment]] = {
    "toy": toy,
    "gpt2": _gpt2,
    "gpt2-grammar": _gpt2_on_grammar,
}

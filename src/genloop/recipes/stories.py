"""Small language models on stories: experiments that finish on a laptop."""

from genloop.data.bible import Bible
from genloop.data.grammar import StoryGrammar
from genloop.data.text_files import Texts
from genloop.experiment import Experiment
from genloop.families.lm.gpt2 import GPT2
from genloop.metrics.text import Copying, Diversity, TailMass, TestLoss
from genloop.policies import Accumulate, Replace

METRICS = (TestLoss(), Diversity(), Copying(), TailMass())


def demo() -> Experiment:
    """Replace against accumulate on real English, in minutes on two cores."""
    return Experiment(
        name="demo",
        source=Bible(vocabulary=512),
        estimator=GPT2(width=128, num_layers=3, num_heads=4, context=128, epochs=10),
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
        num_samples=30_000,
    )

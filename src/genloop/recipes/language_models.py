"""Language models of the sizes in Gerstgrasser et al. (2024, arXiv 2404.01413), on all of TinyStories.

From the paper: 9M (GPT-2), 12M, 42M and 126M (Llama-2) parameters, one epoch, all data, sampling at temperature 1.
Ours are the widths, the depths and the vocabulary: one byte-level BPE of 4,096 types, learned from the real training
text, for all four. Stories for young children need no more, losses per token compare between sizes, and the weights
lie in the blocks rather than in tables. Heads are 64 wide, a Llama's inner width follows Llama-2's rule, and its head
is not tied; the widths and depths are then such that the counts come within 1 % of their names.

An optimiser step sees 128 blocks of 512 tokens. Precision is a setting and enters the keys: it stays float32 here;
on a GPU, `--set estimator.precision=bfloat16` is the faster choice.
"""

from genloop.data.text.hub import HubTexts
from genloop.experiment import Experiment
from genloop.families.lm.estimator import LanguageEstimator
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.policies import Accumulate, Replace
from genloop.recipes.stories import METRICS

VOCABULARY = 4096
TINY_STORIES = HubTexts("roneneldan/TinyStories", test="validation", vocabulary=VOCABULARY)

GPT2_9M = GPT2(width=256, num_layers=10, num_heads=4, context=512, epochs=1, batch=128, learning_rate=1e-3)
LLAMA_12M = Llama(width=384, num_layers=5, num_heads=6, context=512, epochs=1, batch=128, learning_rate=1e-3)
LLAMA_42M = Llama(width=512, num_layers=11, num_heads=8, context=512, epochs=1, batch=128, learning_rate=1e-3)
LLAMA_126M = Llama(width=768, num_layers=17, num_heads=12, context=512, epochs=1, batch=128, learning_rate=6e-4)


def gpt2_9m() -> Experiment:
    """GPT-2 with 9,077,760 parameters (+0.9 %): 10 blocks of width 256, the head tied to the embedding."""
    return _on_tiny_stories("gpt2-9m", GPT2_9M)


def llama_12m() -> Experiment:
    """Llama with 11,997,312 parameters (-0.02 %): 5 blocks of width 384, inner width 1,024."""
    return _on_tiny_stories("llama-12m", LLAMA_12M)


def llama_42m() -> Experiment:
    """Llama with 41,692,672 parameters (-0.7 %): 11 blocks of width 512, inner width 1,536."""
    return _on_tiny_stories("llama-42m", LLAMA_42M)


def llama_126m() -> Experiment:
    """Llama with 126,642,432 parameters (+0.5 %): 17 blocks of width 768, inner width 2,048.

    Its learning rate is lower, as that of models of this size usually is.
    """
    return _on_tiny_stories("llama-126m", LLAMA_126M)


def _on_tiny_stories(name: str, estimator: LanguageEstimator) -> Experiment:
    return Experiment(
        name=name,
        source=TINY_STORIES,
        estimator=estimator,
        policies=(Replace(), Accumulate()),
        metrics=METRICS,
        num_iterations=5,
        num_samples=None,
    )

"""Text: real data, language models and what is measured of them."""

from genloop.data.text.bible import Bible
from genloop.data.text.domain import TextDomain
from genloop.data.text.files import Texts
from genloop.data.text.grammar import StoryGrammar
from genloop.data.text.hub import HubTexts
from genloop.data.text.tokens import TokenDataset, Vocabulary
from genloop.families.lm.causal_lm import CausalLM
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.lm.sampling import Sampling
from genloop.families.statistical.ngram import NGram
from genloop.metrics.copying import Copying
from genloop.metrics.diversity import Diversity
from genloop.metrics.learning_curve import LearningCurve
from genloop.metrics.mauve import Mauve
from genloop.metrics.self_bleu import SelfBLEU
from genloop.metrics.text import SampleLoss, TestLoss
from genloop.metrics.vocabulary import RareTypes, TailMass

__all__ = [
    "GPT2",
    "Bible",
    "CausalLM",
    "Copying",
    "Diversity",
    "HubTexts",
    "LearningCurve",
    "Llama",
    "Mauve",
    "NGram",
    "RareTypes",
    "SampleLoss",
    "Sampling",
    "SelfBLEU",
    "StoryGrammar",
    "TailMass",
    "TestLoss",
    "TextDomain",
    "Texts",
    "TokenDataset",
    "Vocabulary",
]

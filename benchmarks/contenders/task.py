"""What a contender is given: a model size, a folder with data and weights, threads, and its own setting."""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from genloop.data.text.tokens import TOKENIZER_FILE, TokenDataset, Vocabulary
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.sampling import Sampling

Measurement = dict[str, float]
TOKENS_FILE = "tokens.npy"


@dataclass(frozen=True)
class Size:
    """A model, and how much of its work is measured.

    Attributes:
        vocabulary: token types.
        estimator: the network and its training; the context bounds the documents, too.
        num_sampled: tokens that are sampled where the number can be chosen.
        num_tokens: of the text to train on.
    """

    vocabulary: int
    estimator: GPT2
    num_sampled: int = 60_000
    num_tokens: int = 1 << 22

    @property
    def max_length(self) -> int:
        """Tokens after which a document is cut: with end-of-text before them, what Hugging Face's positions hold."""
        return self.estimator.context - 1


def _gpt2(width: int, num_layers: int, num_heads: int, context: int = 256) -> GPT2:
    return GPT2(width=width, num_layers=num_layers, num_heads=num_heads, context=context, batch=8, num_steps=24)


SIZES = {
    "tiny": Size(512, _gpt2(32, 2, 2, context=64), num_sampled=2000, num_tokens=1 << 18),  # tries the benchmark itself
    "3m": Size(2048, _gpt2(192, 6, 6)),
    "9m": Size(4096, _gpt2(256, 10, 8)),
}


@dataclass(frozen=True)
class Task:
    """One measurement of one contender.

    Attributes:
        directory: holds random text, its vocabulary, and the trained weights that all contenders sample from.
        size: a name in `SIZES`.
        threads: CPU threads in all.
        batch: documents sampled at once, where the contender leaves that to its user; 0 for its own choice.
        workers: batches sampled side by side, which share the threads.
    """

    directory: Path
    size: str
    threads: int
    batch: int = 0
    workers: int = 1

    @property
    def vocabulary(self) -> int:
        return SIZES[self.size].vocabulary

    @property
    def estimator(self) -> GPT2:
        size = SIZES[self.size]
        return replace(size.estimator, sampling=Sampling(max_length=size.max_length))

    @property
    def max_length(self) -> int:
        return SIZES[self.size].max_length

    @property
    def num_sampled(self) -> int:
        return SIZES[self.size].num_sampled

    def data(self) -> TokenDataset:
        return TokenDataset.open(self.directory / TOKENS_FILE, Vocabulary(self.directory / TOKENIZER_FILE))

    def to_json(self) -> str:
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, text: str) -> "Task":
        fields = json.loads(text)
        return cls(**{**fields, "directory": Path(fields["directory"])})

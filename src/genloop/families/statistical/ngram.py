"""N-gram models of token streams, counted and sampled with numpy.

The probability of a token w after a context c backs off to the shorter context c' (Dirichlet smoothing, MacKay and
Peto 1995): p(w | c) = (count(c w) + s p(w | c')) / (count(c) + s), down to the uniform distribution.
An n-gram is one integer, its tokens written in base V; contexts do not reach across end-of-text.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import ClassVar

import numpy as np

from genloop.data.text.domain import TextDomain
from genloop.data.text.tokens import Segment, TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.identity import describe
from genloop.types import Context, Cost, Progress

DOCUMENTS_AT_ONCE = 64


@dataclass(frozen=True)
class NGram:
    """A language model that counts.

    Attributes:
        order: tokens in an n-gram; the context is one shorter.
        smoothing: s, pseudo-count of what the shorter context says.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("mackay1995hierarchical",)
    examples: ClassVar[str] = "token"
    offers: ClassVar[frozenset[str]] = frozenset({"mean_loss"})

    order: int = 3
    smoothing: float = 1.0

    def __post_init__(self) -> None:
        if self.order < 1:
            raise UserError(f"order={self.order} is no n-gram. Use 1 for single tokens, or more.")
        if self.smoothing <= 0:
            raise UserError(f"smoothing={self.smoothing} gives unseen n-grams nothing. Use more than 0, such as 1.")

    def fit_identity(self, num_examples: int) -> object:
        return describe(self)

    def sample_identity(self) -> object:
        return {"version": self.version}

    def requires(self, train: TokenDataset, num_examples: int) -> Iterator[str]:
        size = train.vocabulary.size
        if size**self.order >= 1 << 62:
            yield f"order={self.order} does not fit a vocabulary of {size}. Lower one of them."

    def fit(self, train: TokenDataset, *, seed: int, context: Context) -> "NGramModel":
        """Count the n-grams of every order up to `order`, each with the weight of its last token."""
        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        size = train.vocabulary.size
        tokens, weights = train.read(0, len(train)).astype(np.int64), train.read_weights(0, len(train))
        history = _histories(tokens, self.order - 1, train.vocabulary.end_of_text)
        counts = []
        for length in range(1, self.order + 1):
            keys, place = np.unique(_keys(history, tokens, length, size), return_inverse=True)
            counts.append(Counts(keys, np.bincount(place, weights)))
        context.report(Progress(len(train), len(train)))
        return NGramModel(tuple(counts), self.smoothing, train.vocabulary)

    def load(self, directory: Path, domain: TextDomain, context: Context) -> "NGramModel":
        counts = tuple(Counts.load(directory, length) for length in range(1, self.order + 1))
        return NGramModel(counts, self.smoothing, domain.vocabulary)

    def fit_cost(self, num_examples: int, domain: TextDomain | None) -> Cost:
        return Cost(num_examples, 1000.0 * self.order * num_examples, 16 * self.order * num_examples)

    def sample_cost(self, num_examples: int, domain: TextDomain | None) -> Cost:
        return Cost(num_examples, 10_000.0 * self.order * num_examples, 2 * num_examples)


@dataclass(frozen=True, eq=False)
class Counts:
    """The n-grams of one length.

    Attributes:
        keys: the different n-grams, rising.
        counts: their weighted counts.
    """

    keys: np.ndarray
    counts: np.ndarray

    @classmethod
    def load(cls, directory: Path, length: int) -> "Counts":
        return cls(*(np.load(path, allow_pickle=False) for path in cls._paths(directory, length)))

    def save(self, directory: Path, length: int) -> None:
        for path, array in zip(self._paths(directory, length), (self.keys, self.counts), strict=True):
            np.save(path, array, allow_pickle=False)

    @staticmethod
    def _paths(directory: Path, length: int) -> tuple[Path, Path]:
        return directory / f"keys_{length}.npy", directory / f"counts_{length}.npy"

    @cached_property
    def cumulative(self) -> np.ndarray:
        """Weighted count of all n-grams before each, and of all."""
        return np.append(0, np.cumsum(self.counts))

    def range_of(self, contexts: np.ndarray, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Return first and last plus one of the n-grams that begin with each context."""
        return np.searchsorted(self.keys, contexts * size), np.searchsorted(self.keys, (contexts + 1) * size)


@dataclass(frozen=True, eq=False)
class NGramModel:
    """A fitted n-gram model.

    Attributes:
        counts: n-grams of length 1, 2, ...
        smoothing: s.
        vocabulary: that of the data.
    """

    counts: tuple[Counts, ...]
    smoothing: float
    vocabulary: Vocabulary
    status: str = "fitted"

    def mean_loss(self, data: TokenDataset, *, context: Context) -> float:
        """Return the mean cross-entropy of all tokens of `data`, in nats."""
        size = self.vocabulary.size
        tokens = data.read(0, len(data)).astype(np.int64)
        history = _histories(tokens, len(self.counts) - 1, self.vocabulary.end_of_text)
        probability = np.full(len(tokens), 1 / size)
        for length, table in enumerate(self.counts, start=1):
            key = _keys(history, tokens, length, size)
            first, last = table.range_of(key // size, size)
            place = np.minimum(np.searchsorted(table.keys, key), len(table.keys) - 1)
            count = np.where(table.keys[place] == key, table.counts[place], 0)
            total = table.cumulative[last] - table.cumulative[first]
            probability = (count + self.smoothing * probability) / (total + self.smoothing)
        return float(-np.log(probability).mean())

    def sample(self, num: int, *, seed: int, conditions: TokenDataset | None = None, context: Context) -> TokenDataset:
        """Return `num` tokens of whole documents in the order they were begun, the last one cut."""
        if conditions is not None:
            raise UserError("An NGram model samples whole documents and takes no conditions; leave them out.")
        random = np.random.Generator(np.random.Philox(seed))
        documents, done = [], 0
        while done < num:
            for document in self._documents(num - done, random):
                documents.append(document)
                done += len(document)
            context.report(Progress(min(done, num), num))
        tokens = np.concatenate(documents)[:num].astype(self.vocabulary.dtype)
        return TokenDataset((Segment(tokens),), self.vocabulary)

    def save(self, directory: Path) -> None:
        for length, table in enumerate(self.counts, start=1):
            table.save(directory, length)

    def _documents(self, longest: int, random: np.random.Generator) -> list[np.ndarray]:
        """Return documents drawn side by side, each cut at `longest` tokens."""
        end = self.vocabulary.end_of_text
        history = np.full((DOCUMENTS_AT_ONCE, len(self.counts) - 1), end)  # latest token first
        running, columns = np.arange(DOCUMENTS_AT_ONCE), []
        while len(running) and len(columns) < longest:
            drawn = self._next(history[running], random)
            history[running] = np.column_stack([drawn, history[running]])[:, : history.shape[1]]
            column = np.full(DOCUMENTS_AT_ONCE, -1)
            column[running] = drawn
            columns.append(column)
            running = running[drawn != end]
        return [row[row >= 0] for row in np.stack(columns, axis=1)]

    def _next(self, history: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return one token for each history, from the longest context that the draw does not pass on."""
        size = self.vocabulary.size
        tokens = random.integers(size, size=len(history))  # of those that every context passes on
        waiting = np.arange(len(history))
        for length in range(len(self.counts), 0, -1):
            table = self.counts[length - 1]
            cumulative = table.cumulative
            contexts = _keys(history[waiting].T, np.zeros(len(waiting), np.int64), length, size) // size
            first, last = table.range_of(contexts, size)
            total = cumulative[last] - cumulative[first]
            place = random.random(len(waiting)) * (total + self.smoothing)
            stays = place < total
            chosen = np.searchsorted(cumulative, cumulative[first] + place, side="right") - 1
            tokens[waiting[stays]] = table.keys[np.minimum(chosen, last - 1)[stays]] % size
            waiting = waiting[~stays]
        return tokens


def _histories(tokens: np.ndarray, length: int, end_of_text: int) -> np.ndarray:
    """Return the tokens before every token, the latest first, end-of-text beyond the document; (length, token)."""
    history: list[np.ndarray] = []
    for back in range(1, length + 1):
        earlier = np.concatenate([np.full(min(back, len(tokens)), end_of_text), tokens[:-back]])
        history.append(earlier if back == 1 else np.where(history[-1] == end_of_text, end_of_text, earlier))
    return np.array(history, np.int64).reshape(length, len(tokens))


def _keys(history: np.ndarray, tokens: np.ndarray, length: int, size: int) -> np.ndarray:
    """Return the n-grams that end in `tokens`, as integers in base `size`."""
    key = np.zeros(len(tokens), np.int64)
    for earlier in history[: length - 1][::-1]:
        key = (key + earlier) * size
    return key + tokens

"""Token streams: documents, each followed by end-of-text, as views over memory-mapped shards.

A stream counts as preceded by end-of-text, so every token, the first included, has a context to be predicted from.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np

from genloop.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

TOKENIZER_FILE = "tokenizer.json"
TOKENS_FILE = "tokens.npy"
END_OF_TEXT = "<|endoftext|>"
MOST_TOLD = 200  # characters of what a library says
CHUNK = 1 << 24  # tokens looked through at a time


class UnusableVocabulary(UserError):
    """A `tokenizer.json` that the library does not read.

    Attributes:
        told: what it says.
    """

    def __init__(self, path: Path, told: str) -> None:
        super().__init__(f"{path} is no vocabulary that can be used: {told}. Prepare the data again.")
        self.told = told


@dataclass(frozen=True)
class Vocabulary:
    """The tokenizer that all iterations share.

    Attributes:
        path: a `tokenizer.json` as the `tokenizers` library writes it.
    """

    path: Path

    @cached_property
    def tokenizer(self) -> "Tokenizer":
        from tokenizers import Tokenizer  # only when text is read: sources are built without it

        with self._usable():
            return Tokenizer.from_file(str(self.path))

    @contextmanager
    def _usable(self) -> Iterator[None]:
        """Turn what the library raises or panics of a file that somebody else has written into a sentence."""
        try:
            yield
        except (KeyboardInterrupt, SystemExit, MemoryError):
            raise
        except BaseException as problem:  # its panics are no Exception
            told = " ".join(str(problem).split())[:MOST_TOLD]
            raise UnusableVocabulary(self.path, told) from problem

    @cached_property
    def size(self) -> int:
        """Number of token types, end-of-text included, and ids without a type, where the numbering has gaps."""
        return 1 + max(self.tokenizer.get_vocab(with_added_tokens=True).values())

    @cached_property
    def end_of_text(self) -> int:
        """The token that closes a document, and from which the next one begins."""
        token = self.tokenizer.token_to_id(END_OF_TEXT)
        if token is None:
            raise UserError(f"{self.path} has no token {END_OF_TEXT}. Prepare the data again.")
        return token

    @property
    def dtype(self) -> type:
        """The smallest integer type that shards of this vocabulary are stored in."""
        return np.uint16 if self.size <= 1 << 16 else np.uint32

    def decode(self, tokens: np.ndarray) -> str:
        """Return the text of some tokens, without end-of-text; other special tokens are text."""
        with self._usable():
            return self.tokenizer.decode(tokens[tokens != self.end_of_text].tolist(), skip_special_tokens=False)


@dataclass(frozen=True)
class Segment:
    """Consecutive tokens of one shard, with their common weight in the training loss."""

    tokens: np.ndarray
    weight: float = 1.0


@dataclass(frozen=True)
class TokenDataset:
    """A view over token shards; an example is one token, and nothing is copied until it is read."""

    unit: ClassVar[str] = "token"

    segments: tuple[Segment, ...]
    vocabulary: Vocabulary

    @classmethod
    def open(cls, path: Path, vocabulary: Vocabulary) -> Self:
        """Open a `.npy` shard without reading it into memory."""
        return cls((Segment(np.load(path, mmap_mode="r", allow_pickle=False)),), vocabulary)

    @cached_property
    def _ends(self) -> np.ndarray:
        return np.cumsum([len(segment.tokens) for segment in self.segments], dtype=np.int64)

    def __len__(self) -> int:
        return int(self._ends[-1]) if self.segments else 0

    def slice(self, start: int, stop: int) -> Self:
        return self._with(self._cut(start, stop))

    def weighted(self, weight: float) -> Self:
        return self._with(Segment(segment.tokens, segment.weight * weight) for segment in self.segments)

    def concat(self, others: Sequence[Self]) -> Self:
        return self._with(segment for part in (self, *others) for segment in part.segments)

    def draw(self, num: int, *, seed: int) -> Self:
        """Return whole documents in random order, without replacement, the last one cut to make `num` tokens."""
        documents = list(self.documents())
        order = np.random.Generator(np.random.Philox(seed)).permutation(len(documents))
        return self._with(documents[i] for i in order).slice(0, num)

    def save(self, directory: Path) -> None:
        np.save(directory / TOKENS_FILE, self.read(0, len(self)), allow_pickle=False)

    def read(self, start: int, stop: int) -> np.ndarray:
        """Return tokens `start` to `stop`; position -1 reads as end-of-text.

        Returns:
            Token ids, shape (stop - start,), of the vocabulary's integer type.
        """
        before = np.full(max(0, -start), self.vocabulary.end_of_text, self.vocabulary.dtype)
        return np.concatenate([before, *(segment.tokens for segment in self._cut(max(0, start), stop))])

    def read_weights(self, start: int, stop: int) -> np.ndarray:
        """Return the training weights of tokens `start` to `stop`, shape (stop - start,), float32."""
        pieces = [np.full(len(segment.tokens), segment.weight, np.float32) for segment in self._cut(start, stop)]
        return np.concatenate([np.empty(0, np.float32), *pieces])

    @cached_property
    def is_weighted(self) -> bool:
        """Whether some tokens weigh more than others."""
        return len({segment.weight for segment in self.segments}) > 1

    def texts(self) -> Iterator[str]:
        """Iterate over the documents as text."""
        tokens = self.read(0, len(self))
        ends = np.flatnonzero(tokens == self.vocabulary.end_of_text)
        for start, stop in zip([0, *(ends + 1)], [*ends, len(tokens)], strict=True):
            if stop > start:
                yield self.vocabulary.decode(tokens[start:stop])

    def documents(self) -> Iterator[Segment]:
        """Iterate over the documents, end-of-text included; a document never spans segments."""
        for segment in self.segments:
            ends = self._ends_of_text(segment.tokens) + 1
            for start, stop in zip([0, *ends], [*ends, len(segment.tokens)], strict=True):
                if stop > start:
                    yield Segment(segment.tokens[start:stop], segment.weight)

    def _ends_of_text(self, tokens: np.ndarray) -> np.ndarray:
        """Return where end-of-text stands; a long shard is read in chunks."""
        starts = range(0, len(tokens), CHUNK)
        places = [np.flatnonzero(tokens[i : i + CHUNK] == self.vocabulary.end_of_text) + i for i in starts]
        return np.concatenate([np.empty(0, np.int64), *places])

    def _cut(self, start: int, stop: int) -> Iterator[Segment]:
        first = int(np.searchsorted(self._ends, start, side="right"))
        for number in range(first, len(self.segments)):  # a slice would copy up to all documents of a draw
            segment = self.segments[number]
            begin = int(self._ends[number]) - len(segment.tokens)
            if begin >= stop:
                return
            yield Segment(segment.tokens[max(0, start - begin) : stop - begin], segment.weight)

    def _with(self, segments: Iterator[Segment]) -> Self:
        return type(self)(tuple(segments), self.vocabulary)

"""Sources of text: documents become token streams in a vocabulary learned from the real training text alone.

A kind of source adds where its documents come from. A prepared folder holds `train.npy`, `test.npy`,
`tokenizer.json`, `info.json` with the number of documents, tokens and bytes, and `left_out.json`.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.left_out import write_left_out
from genloop.data.text import vocabularies
from genloop.data.text.apart import encode_apart
from genloop.data.text.documents import DUPLICATES, NEAR_TEST_DOCUMENTS, TEST_DOCUMENTS, Documents, RawTexts, divide
from genloop.data.text.domain import TextDomain
from genloop.data.text.given import locate, write_given
from genloop.data.text.tokens import TOKENIZER_FILE, Vocabulary
from genloop.errors import UserError
from genloop.identity import file_digest
from genloop.types import Context

INFO_FILE = "info.json"
DEFAULT_VOCABULARY = 1024
ENCODING = 2  # raised when a given tokenizer encodes the same text otherwise

Encode = Callable[[Sequence[str], Vocabulary, Callable[[int], None]], np.ndarray]


@dataclass(frozen=True, kw_only=True)
class TextSource(ABC):
    """Real text in documents, and the vocabulary it is written in.

    Attributes:
        vocabulary: token types to learn from the training text, end-of-text included.
        tokenizer: a `tokenizer.json`, or a folder holding one, to use instead; None learns a vocabulary.
    """

    vocabulary: int = DEFAULT_VOCABULARY
    tokenizer: str | None = None

    def __post_init__(self) -> None:
        if self.vocabulary < vocabularies.SMALLEST:
            raise UserError(
                f"vocabulary={self.vocabulary} cannot hold all bytes and end-of-text. "
                f"Use at least {vocabularies.SMALLEST}."
            )
        if self.tokenizer is not None and self.vocabulary != DEFAULT_VOCABULARY:
            raise UserError(
                f"vocabulary={self.vocabulary} has no effect beside tokenizer={self.tokenizer!r}, "
                f"which brings its own. Remove one of them."
            )

    @abstractmethod
    def read(self) -> RawTexts:
        """Read the texts."""

    @abstractmethod
    def texts_identity(self) -> dict[str, Any]:
        """Return what determines the texts, as plain values."""

    def identity(self) -> dict[str, Any]:
        if self.tokenizer is None:
            return {**self.texts_identity(), "vocabulary": self.vocabulary}
        given = {"tokenizer": file_digest(locate(self.tokenizer)), "encoding": ENCODING}
        return {**self.texts_identity(), **given}

    def prepare(self, directory: Path, context: Context) -> None:
        texts = self.read()
        train, test = divide(texts)
        vocabulary, encode = self._vocabulary(directory / TOKENIZER_FILE, train)
        total = len(train.texts) + len(test.texts)
        info: dict[str, Any] = {**texts.facts, "vocabulary": None}
        for part, documents, done in (("train", train, 0), ("test", test, len(train.texts))):
            tokens = encode(documents.texts, vocabulary, context.counter(total, done))
            np.save(directory / f"{part}.npy", tokens, allow_pickle=False)
            info[part] = _sizes(documents, tokens)
        info["vocabulary"] = vocabulary.size
        (directory / INFO_FILE).write_text(json.dumps(info, indent=2) + "\n")
        parts = {"train": train.left_out, "test": test.left_out}
        write_left_out(directory, {part: {**texts.left_out.get(part, {}), **found} for part, found in parts.items()})

    def _vocabulary(self, path: Path, train: Documents) -> tuple[Vocabulary, Encode]:
        """Write the vocabulary to a file, and return it with what encodes documents in it."""
        if self.tokenizer is None:
            vocabularies.learn(train.texts, self.vocabulary).save(str(path))
            return Vocabulary(path), vocabularies.encode
        write_given(self.tokenizer, path)
        return Vocabulary(path), partial(encode_apart, self.tokenizer)

    def open(self, directory: Path) -> TextDomain:
        return TextDomain(directory)


def _sizes(documents: Documents, tokens: np.ndarray) -> dict[str, int]:
    sizes = {
        "documents": len(documents.texts),
        "tokens": len(tokens),
        "bytes": documents.num_bytes,
        "dropped_duplicates": documents.left_out.get(DUPLICATES, 0),
    }
    dropped = documents.left_out.get(TEST_DOCUMENTS, 0) + documents.left_out.get(NEAR_TEST_DOCUMENTS, 0)
    return sizes | ({"dropped_test_documents": dropped} if dropped else {})

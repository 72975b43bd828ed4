"""Sources of text: documents become token streams in a vocabulary learned from the real training text alone.

A kind of source adds where its documents come from. A prepared folder holds `train.npy`, `test.npy`,
`tokenizer.json`, and `info.json` with the number of documents, tokens and bytes.
"""

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.text import vocabularies
from genloop.data.text.documents import Documents, RawTexts, divide
from genloop.data.text.domain import TextDomain
from genloop.data.text.tokens import TOKENIZER_FILE, Vocabulary
from genloop.errors import UserError
from genloop.identity import file_digest
from genloop.types import Context

INFO_FILE = "info.json"
DEFAULT_VOCABULARY = 1024


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
        return {**self.texts_identity(), "tokenizer": file_digest(vocabularies.locate(self.tokenizer))}

    def prepare(self, directory: Path, context: Context) -> None:
        texts = self.read()
        train, test = divide(texts)
        if self.tokenizer is None:
            tokenizer = vocabularies.learn(train.texts, self.vocabulary)
        else:
            tokenizer = vocabularies.read(self.tokenizer)
        tokenizer.save(str(directory / TOKENIZER_FILE))

        vocabulary = Vocabulary(directory / TOKENIZER_FILE)
        total = len(train.texts) + len(test.texts)
        info = {**texts.facts, "vocabulary": vocabulary.size}
        for part, documents, done in (("train", train, 0), ("test", test, len(train.texts))):
            tokens = vocabularies.encode(documents.texts, vocabulary, context.counter(total, done))
            np.save(directory / f"{part}.npy", tokens, allow_pickle=False)
            info[part] = _sizes(documents, tokens)
        (directory / INFO_FILE).write_text(json.dumps(info, indent=2) + "\n")

    def open(self, directory: Path) -> TextDomain:
        return TextDomain(directory)


def _sizes(documents: Documents, tokens: np.ndarray) -> dict[str, int]:
    sizes = {
        "documents": len(documents.texts),
        "tokens": len(tokens),
        "bytes": documents.num_bytes,
        "dropped_duplicates": documents.num_dropped,
    }
    return sizes | ({"dropped_test_documents": documents.num_tested} if documents.num_tested else {})

"""Documents of real text: how they are told apart, ordered, and divided into training and test data."""

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from genloop.data.text.tokens import END_OF_TEXT
from genloop.errors import UserError

HELD_OUT = 0.1  # share of the documents that become test data where none are given


@dataclass(frozen=True)
class RawTexts:
    """What a source read, before anything is cleaned.

    Attributes:
        train: training texts; each may hold several documents, separated by end-of-text.
        test: test texts; None holds out a tenth of the training documents.
        facts: what else there is to know about them, as plain values.
    """

    train: Iterable[str]
    test: Iterable[str] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Documents:
    """Different documents, in an order that follows from their content alone: any prefix is a random subset.

    Attributes:
        texts: the documents, without surrounding white space, in Unicode's composed form (NFC).
        num_dropped: how many exact duplicates were dropped.
        num_tested: how many more were dropped because they are test documents, too.
    """

    texts: list[str]
    num_dropped: int = 0
    num_tested: int = 0

    @property
    def num_bytes(self) -> int:
        """Size in UTF-8, without separators."""
        return sum(len(text.encode()) for text in self.texts)


def divide(texts: RawTexts) -> tuple[Documents, Documents]:
    """Return the training and the test documents, which share none.

    A document that is in both parts is left out of the training documents, so that the test documents are the same for
    any amount of those: published splits do hold such pairs (Lee et al., arXiv 2107.06499), which reward memory.

    Raises:
        UserError: if a part has no documents.
    """
    train = distinct(texts.train)
    if texts.test is None:
        return _hold_out(train)
    test = distinct(texts.test)
    if not train.texts or not test.texts:
        empty = "test" if train.texts else "training"
        raise UserError(f"The {empty} data hold no text, only white space or separators. Give at least one document.")
    return _without(train, set(test.texts)), test


def distinct(texts: Iterable[str]) -> Documents:
    """Return the different documents in some texts, split at end-of-text."""
    documents = {}
    num_seen = 0
    for text in texts:
        for part in text.split(END_OF_TEXT):
            if document := unicodedata.normalize("NFC", part).strip():
                num_seen += 1
                documents[_digest(document)] = document
    return Documents([documents[digest] for digest in sorted(documents)], num_seen - len(documents))


def _digest(document: str) -> bytes:
    try:
        return sha256(document.encode()).digest()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no encoding of text allows
        raise UserError(f"{document[:60]!r} holds half a surrogate pair, so it is no text. Remove it.") from None


def _hold_out(documents: Documents) -> tuple[Documents, Documents]:
    num_documents = len(documents.texts)
    if num_documents < 2:
        raise UserError(
            f"The training data hold {num_documents} document{'s' * (num_documents != 1)}, too few to hold some out. "
            f"Separate documents by {END_OF_TEXT}, or give test data of their own."
        )
    num_test = max(1, round(HELD_OUT * num_documents))
    train = Documents(documents.texts[num_test:], documents.num_dropped)
    return train, Documents(documents.texts[:num_test])


def _without(train: Documents, tested: set[str]) -> Documents:
    own = [text for text in train.texts if text not in tested]
    if not own:
        raise UserError(
            "All training documents are also test documents, so nothing is left to train on. "
            "Give other test data, or none, and a tenth of the training documents is held out."
        )
    return Documents(own, train.num_dropped, len(train.texts) - len(own))

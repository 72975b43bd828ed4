"""What metrics of text look at: words, their n-grams, and the first tokens of a sample.

A word is a run of letters, digits or underscores, with apostrophes inside (`didn't`), in lower case. Metrics of
samples look at the first `num_tokens` tokens, so that their counts compare between samples of different size; the
documents of a sample are independent, so the first are as good as any. Shorter samples are used whole.
"""

import re
from collections.abc import Iterator, Sequence

from genloop.data.text.tokens import TokenDataset

WORD = re.compile(r"\w+(?:['\u2019]\w+)*")


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return WORD.findall(text.casefold())


def all_words(tokens: TokenDataset) -> list[str]:
    """Return the words of all documents, one after the other."""
    return [word for text in tokens.texts() for word in words(text)]


def ngrams(document: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """Iterate over the runs of `n` words in a document."""
    return zip(*(document[start:] for start in range(n)), strict=False)


def first_tokens(tokens: TokenDataset, num: int | None) -> TokenDataset:
    """Return the first `num` tokens as a view; all of them if there are fewer, or if it is None."""
    return tokens if num is None else tokens.slice(0, min(num, len(tokens)))

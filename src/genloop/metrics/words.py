"""What metrics of text look at: words, their n-grams, and the first tokens of a sample.

Words are told apart by Unicode's rules (UAX #29, by the properties that the `regex` package knows), in lower case:
letters with the marks on them, digits and underscores, with apostrophes inside (`didn't`); an emoji is one, however it
is composed. Scripts that are written without spaces, such as Chinese, Japanese, Thai, Khmer or Javanese, have no
boundaries that a rule could find: there every character is a word, with its marks, and n-grams are of characters. The
rules are tailored in one point: full stops, commas and colons end a word even where no space follows, as sentences of a
model may run together.

Metrics of samples look at the first `num_tokens` tokens, so that their counts compare between samples of different
size; the documents of a sample are independent, so the first are as good as any. Of shorter samples, as many are looked
at throughout a run as the shortest has.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

from genloop.data.extras import needs_extra
from genloop.data.text.tokens import TokenDataset

WORDS = "words by Unicode's rules, characters in scripts without spaces"

MARKS = r"[\p{WB=Extend}\p{WB=Format}\p{WB=ZWJ}]*+"
NO_SPACES = r"[\p{LB=AK}\p{LB=AP}\p{Script=Yi}]"  # Javanese, Balinese and others: letters to UAX #29, which has no rule
LETTERS = (
    rf"(?:(?!{NO_SPACES})"
    rf"[\p{{WB=ALetter}}\p{{WB=Hebrew_Letter}}\p{{WB=Numeric}}\p{{WB=Katakana}}\p{{WB=ExtendNumLet}}]{MARKS})++"
)
INSIDE = r"""(?:['\u2019\u00b7\u05f4]|(?<=\p{WB=Hebrew_Letter})"(?=\p{WB=Hebrew_Letter}))"""  # of a word
EMOJI = rf"(?![©®™])\p{{Extended_Pictographic}}{MARKS}(?:(?<=\u200d)\p{{Extended_Pictographic}}{MARKS})*+"
WORD = rf"{LETTERS}(?:{INSIDE}{LETTERS})*+|{EMOJI}|\p{{Regional_Indicator}}{{1,2}}|[\p{{L}}\p{{N}}]{MARKS}"


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
    return _word().findall(text.casefold())


@cache
def _word() -> Any:
    with needs_extra("text"):
        import regex
    return regex.compile(WORD)


def all_words(tokens: TokenDataset) -> list[str]:
    """Return the words of all documents, one after the other."""
    return [word for text in tokens.texts() for word in words(text)]


def ngrams(document: Sequence[str], n: int) -> Iterator[tuple[str, ...]]:
    """Iterate over the runs of `n` words in a document."""
    return zip(*(document[start:] for start in range(n)), strict=False)


def first_tokens(tokens: TokenDataset, num: int | None) -> TokenDataset:
    """Return the first `num` tokens as a view; all of them if there are fewer, or if it is None."""
    return tokens if num is None else tokens.slice(0, min(num, len(tokens)))

"""Byte-level vocabularies, learned from the real training text; and how documents are encoded in any vocabulary."""

import re
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.text.tokens import END_OF_TEXT, Vocabulary

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SMALLEST = 257  # every byte, and end-of-text
CHUNK = 4096  # documents encoded at a time
LONG_RUN = re.compile(r"\w{1000}|\s{1000}|[^\w\s]{1000}")  # a learner takes hours over words that have no end
PIECE = re.compile(r".{1,1000}", re.DOTALL)


def learn(texts: Sequence[str], size: int) -> "Tokenizer":
    """Learn a byte-level BPE of at most `size` token types, end-of-text included; fewer if the text is small."""
    with needs_extra("text"):
        from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)  # pyright: ignore[reportAttributeAccessIssue]
    tokenizer.decoder = decoders.ByteLevel()  # pyright: ignore[reportAttributeAccessIssue]
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[END_OF_TEXT],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    pieces = (piece for text in texts for piece in (PIECE.findall(text) if LONG_RUN.search(text) else [text]))
    tokenizer.train_from_iterator(pieces, trainer)
    return tokenizer


def encode(texts: Sequence[str], vocabulary: Vocabulary, report: Callable[[int], None]) -> np.ndarray:
    """Return the documents as one stream of tokens, each followed by end-of-text.

    Special tokens that are spelled out in the text are encoded as such, as other programs do. A document that spells
    end-of-text is encoded by the characters it is written with, since it goes on.

    Args:
        texts: the documents.
        vocabulary: what to encode them in.
        report: called with the number of documents encoded so far.
    """
    pieces = [np.empty(0, vocabulary.dtype)]
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        pieces += [np.array([*ids, vocabulary.end_of_text], vocabulary.dtype) for ids in _encode(chunk, vocabulary)]
        report(start + len(chunk))
    return np.concatenate(pieces)


def _encode(texts: Sequence[str], vocabulary: Vocabulary) -> list[list[int]]:
    tokenizer = vocabulary.tokenizer
    found = [document.ids for document in tokenizer.encode_batch_fast(list(texts), add_special_tokens=False)]
    tokenizer.encode_special_tokens = True
    for place, text in enumerate(texts):
        if END_OF_TEXT in text:
            found[place] = tokenizer.encode(text, add_special_tokens=False).ids
    tokenizer.encode_special_tokens = False
    return found

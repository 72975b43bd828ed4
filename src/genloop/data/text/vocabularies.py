"""Byte-level vocabularies: learned from the real training text, or given as a file, and applied to documents."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.reading import named_path, readable
from genloop.data.text.tokens import END_OF_TEXT, TOKENIZER_FILE, Vocabulary
from genloop.errors import UserError

if TYPE_CHECKING:
    from tokenizers import Tokenizer

SMALLEST = 257  # every byte, and end-of-text
CHUNK = 4096  # documents encoded at a time


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
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def locate(written: str) -> Path:
    """Return the `tokenizer.json` that a path means: the file, or a folder that a fast tokenizer was saved to."""
    path = named_path("tokenizer", written)
    path = named_path("tokenizer", f"{written}/{TOKENIZER_FILE}") if path.is_dir() else path
    if not path.is_file():
        raise UserError(
            f"tokenizer={written!r}: there is no {path}. "
            f"Give a {TOKENIZER_FILE}, or a folder that a fast tokenizer of transformers was saved to."
        )
    return readable(path)


def read(written: str) -> "Tokenizer":
    """Read a given tokenizer, which must know end-of-text; padding and truncation are switched off."""
    with needs_extra("text"):
        from tokenizers import Tokenizer
    try:
        tokenizer = Tokenizer.from_file(str(locate(written)))
    except UserError:
        raise
    except Exception as problem:  # tokenizers raises nothing narrower
        raise UserError(f"tokenizer={written!r} is no {TOKENIZER_FILE}: {problem}. Save it again.") from problem
    if tokenizer.token_to_id(END_OF_TEXT) is None:
        raise UserError(f"tokenizer={written!r} has no token {END_OF_TEXT}. Add it as a special token and save again.")
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def encode(texts: Sequence[str], vocabulary: Vocabulary, report: Callable[[int], None]) -> np.ndarray:
    """Return the documents as one stream of tokens, each followed by end-of-text.

    Special tokens spelled out in the text are encoded as the characters they are written with.

    Args:
        texts: the documents.
        vocabulary: what to encode them in.
        report: called with the number of documents encoded so far.
    """
    tokenizer = vocabulary.tokenizer
    tokenizer.encode_special_tokens = True
    pieces = [np.empty(0, vocabulary.dtype)]
    for start in range(0, len(texts), CHUNK):
        chunk = texts[start : start + CHUNK]
        encoded = tokenizer.encode_batch_fast(chunk, add_special_tokens=False)
        pieces += [np.array([*document.ids, vocabulary.end_of_text], vocabulary.dtype) for document in encoded]
        report(start + len(chunk))
    return np.concatenate(pieces)

"""Random text in a folder: speed does not depend on what is said, only on how long the documents are."""

import json
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from contenders.task import TOKENS_FILE
from genloop.data.text.tokens import END_OF_TEXT, TOKENIZER_FILE


def write_random_text(directory: Path, vocabulary: int, num_tokens: int, mean_length: int | None) -> None:
    """Write uniform tokens, and their vocabulary in the layout of `transformers`.

    Args:
        directory: a new folder.
        vocabulary: token types; end-of-text is token 0.
        num_tokens: tokens in all.
        mean_length: of documents, whose lengths are geometric; None for text without any end.
    """
    directory.mkdir()
    words = {END_OF_TEXT: 0} | {f"w{i}": i for i in range(1, vocabulary)}
    Tokenizer(WordLevel(words, unk_token=END_OF_TEXT)).save(str(directory / TOKENIZER_FILE))
    names = {f"{role}_token": END_OF_TEXT for role in ("bos", "eos", "unk")}
    config = {"tokenizer_class": "PreTrainedTokenizerFast", **names}
    (directory / "tokenizer_config.json").write_text(json.dumps(config))

    random = np.random.default_rng(0)
    tokens = random.integers(1, vocabulary, num_tokens, dtype=np.uint16)
    if mean_length:
        tokens[random.random(num_tokens) < 1 / mean_length] = 0
    np.save(directory / TOKENS_FILE, tokens)

"""Texts of a few words, and metrics of them."""

from pathlib import Path

import numpy as np

from genloop.data.text import vocabularies
from genloop.data.text.tokens import Segment, TokenDataset, Vocabulary


def byte_vocabulary(directory: Path) -> Vocabulary:
    """Return a vocabulary in which a token is a byte."""
    path = directory / "tokenizer.json"
    vocabularies.learn([], vocabularies.SMALLEST).save(str(path))
    return Vocabulary(path)


def encoded(vocabulary: Vocabulary, *texts: str) -> TokenDataset:
    return TokenDataset((Segment(vocabularies.encode(texts, vocabulary, lambda _: None)),), vocabulary)


def raw(vocabulary: Vocabulary, tokens: list[int]) -> TokenDataset:
    return TokenDataset((Segment(np.array(tokens, np.uint16)),), vocabulary)

"""A vocabulary and token streams small enough to check by hand."""

from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.models import WordLevel

from genloop.data.text.tokens import END_OF_TEXT, TOKENIZER_FILE, Segment, TokenDataset, Vocabulary

EOT = 0
torch.set_num_threads(1)  # several threads wait for one another longer than networks this small compute


def small_vocabulary(directory: Path, size: int) -> Vocabulary:
    """Return a vocabulary of end-of-text, token 0, and `size - 1` words."""
    words = {END_OF_TEXT: 0} | {f"w{i}": i for i in range(1, size)}
    Tokenizer(WordLevel(words, unk_token=END_OF_TEXT)).save(str(directory / TOKENIZER_FILE))
    return Vocabulary(directory / TOKENIZER_FILE)


def random_tokens(vocabulary: Vocabulary, num: int, *, seed: int = 0) -> TokenDataset:
    """Return documents of uniformly random words."""
    tokens = np.random.default_rng(seed).integers(0, vocabulary.size, num)
    return TokenDataset((Segment(tokens.astype(vocabulary.dtype)),), vocabulary)


def visible(text: list[int], context: int = 8) -> list[int]:
    """Return what the prediction after `text` sees: a full context is replaced by its latter half."""
    seen = [EOT]
    for token in text:
        seen = (seen[context - context // 2 :] if len(seen) == context else seen) + [token]
    return seen


def documents(tokens: np.ndarray) -> list[list[int]]:
    """Return the complete documents, with their end-of-text."""
    ends = np.flatnonzero(tokens == EOT) + 1
    return [part.tolist() for part in np.split(tokens, ends)[:-1]]


def chi_square(counts: np.ndarray, expected: np.ndarray) -> float:
    return float(((counts - expected) ** 2 / expected).sum())


def limit(degrees: int) -> float:
    """Return 5 standard errors above the mean of a chi-square variable."""
    return degrees + 5 * np.sqrt(2 * degrees)

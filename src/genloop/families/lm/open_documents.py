"""Documents in progress: their text, and one step of all of them at once.

R rows, N of them in use, n of those at hand, V vocabulary.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

Draw = Callable[[np.ndarray, Tensor], np.ndarray]  # of rows (n,) and their logits (n, V), tokens (n,)


class OpenDocuments(ABC):
    """Up to R documents in progress, each in a row of its own.

    Attributes:
        rows: the rows in use, (N,).
        documents: the number of every row's document, (R,).
        length: its tokens so far, (R,).
        text: the tokens of every row's document, (R, max_length).
        context: tokens that a prediction can look back on.
        end_of_text: the token before a document's first.
    """

    def __init__(self, device: torch.device, num_rows: int, *, context: int, max_length: int, end_of_text: int) -> None:
        self.device = device
        self.context = context
        self.end_of_text = end_of_text
        self.rows = np.empty(0, np.int64)
        self.documents = np.zeros(num_rows, np.int64)
        self.length = np.zeros(num_rows, np.int64)
        self.text = np.zeros((num_rows, max_length), np.int32)

    @property
    def num_rows(self) -> int:
        return self.text.shape[0]

    @property
    def max_length(self) -> int:
        return self.text.shape[1]

    @property
    def lengths(self) -> np.ndarray:
        """The lengths of the documents in progress, (N,)."""
        return self.length[self.rows]

    @property
    def room(self) -> int:
        """How many documents may begin now."""
        return self.num_rows - len(self.rows)

    def start(self, documents: np.ndarray) -> None:
        """Begin some documents in free rows."""
        rows = np.setdiff1d(np.arange(self.num_rows), self.rows)[: len(documents)]
        self.documents[rows] = documents
        self.length[rows] = 0
        self.rows = np.concatenate([self.rows, rows])
        self._begin(rows)

    def step(self, draw: Draw) -> None:
        """Add one token to every document: what `draw` makes of some rows (n,) and their logits (n, V)."""
        tokens = self._next_tokens(draw)
        self.text[self.rows, self.lengths] = tokens
        self.length[self.rows] += 1

    def remove(self, ended: np.ndarray) -> None:
        """Free the rows in use for which `ended` (N,) is true."""
        self.rows = self.rows[~ended]

    @abstractmethod
    def _begin(self, rows: np.ndarray) -> None:
        """Forget what was known of the documents that had these rows before."""

    @abstractmethod
    def _next_tokens(self, draw: Draw) -> np.ndarray:
        """Return the next token of every document in progress, (N,)."""

    def _latest(self, rows: np.ndarray) -> Tensor:
        """Return the latest token of some documents, (n,), on the device."""
        lengths = self.length[rows]
        return self._to_device(np.where(lengths > 0, self.text[rows, lengths - 1], self.end_of_text))

    def _before_latest(self, rows: np.ndarray, num: int) -> Tensor:
        """Return the `num` tokens before the latest one of some documents, (n, num), on the device."""
        ends = self.length[rows] - 1
        return self._to_device(self.text[rows[:, None], ends[:, None] - num + np.arange(num)])

    def _to_device(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values.astype(np.int64)).to(self.device)

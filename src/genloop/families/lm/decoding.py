"""Documents in progress: their text, their keys and values, and one step of all of them at once.

Documents are of different length, each in a row of its own; a row is free as soon as its document ends.

R rows, N of them in use, H heads, d width of a head, D width, V vocabulary, T tokens read again.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from genloop.families.lm.cache import Cache
from genloop.families.lm.network import Network, attend, blocks_at_once
from genloop.families.workers import Workers


class Decoder:
    """Up to R documents in progress.

    Attributes:
        rows: the rows in use, (N,).
        documents: the number of every row's document, (R,).
        length: its tokens so far, (R,).
        text: the tokens of every row's document, (R, max_length).
        end_of_text: the token before a document's first.
    """

    def __init__(
        self, network: Network, cache: Cache, workers: Workers, num_rows: int, *, max_length: int, end_of_text: int
    ) -> None:
        self._network = network
        self._cache = cache
        self._workers = workers
        self._cached = np.zeros(num_rows, np.int64)  # positions of the cache in use, (R,)
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
    def context(self) -> int:
        return self._network.shape.context

    @property
    def device(self) -> torch.device:
        return self._network.device

    @property
    def lengths(self) -> np.ndarray:
        """The lengths of the documents in progress, (N,)."""
        return self.length[self.rows]

    def start(self, documents: np.ndarray) -> None:
        """Begin some documents in free rows."""
        rows = np.setdiff1d(np.arange(self.num_rows), self.rows)[: len(documents)]
        self.documents[rows] = documents
        self.length[rows] = self._cached[rows] = 0
        self.rows = np.concatenate([self.rows, rows])

    def step(self, draw: Callable[[np.ndarray, Tensor], np.ndarray]) -> None:
        """Add one token to every document: what `draw` makes of some rows (n,) and their logits (n, V)."""
        parts = np.array_split(self.rows, min(self._workers.num, len(self.rows)))
        tokens = np.concatenate(self._workers.map(lambda rows: self._draw(rows, draw), parts))
        self.text[self.rows, self.lengths] = tokens
        self.length[self.rows] += 1

    @torch.inference_mode()  # a setting of each thread
    def _draw(self, rows: np.ndarray, draw: Callable[[np.ndarray, Tensor], np.ndarray]) -> np.ndarray:
        return draw(rows, self.logits(rows))

    def remove(self, ended: np.ndarray) -> None:
        """Free the rows in use for which `ended` (N,) is true."""
        self.rows = self.rows[~ended]

    def logits(self, rows: np.ndarray) -> Tensor:
        """Feed some documents their latest token and return the logits (n, V) of the next one."""
        self._replay(rows[self._cached[rows] == self.context])
        network, positions, lengths = self._network, self._cached[rows], self.length[rows]
        latest = np.where(lengths > 0, self.text[rows, lengths - 1], self.end_of_text)
        tokens, places = self._to_device(latest.astype(np.int64)), self._to_device(positions)
        x, rotation = network.embed(tokens, places), network.rotation(places)
        for layer, block in enumerate(network.blocks):
            x = block.add(x, self._cache.attend(layer, block.heads(x, rotation), rows, positions))
        self._cached[rows] += 1
        return torch.mm(network.final(x), network.head.T)

    def _replay(self, full: np.ndarray) -> None:
        """Refill full rows with the latter half of the context, so that their documents can go on."""
        num_kept = self.context // 2
        for start in range(0, len(full), size := blocks_at_once(max(1, num_kept))):
            self._prefill(full[start : start + size], num_kept)
        self._cached[full] = num_kept

    def _prefill(self, rows: np.ndarray, num_tokens: int) -> None:
        """Read the tokens before the latest one again, as though they were the first."""
        network, positions = self._network, np.tile(np.arange(num_tokens), len(rows))  # (N * T,)
        ends = self.length[rows] - 1
        tokens = self.text[rows[:, None], ends[:, None] - num_tokens + np.arange(num_tokens)]  # (N, T)
        places = self._to_device(positions)
        x, rotation = (
            network.embed(self._to_device(tokens.flatten().astype(np.int64)), places),
            network.rotation(places),
        )
        for layer, block in enumerate(network.blocks):
            heads = block.heads(x, rotation)  # (N * T, 3, H, d)
            self._cache.store(layer, heads, rows.repeat(num_tokens), positions)
            x = block.add(x, attend(heads, len(rows)))

    def _to_device(self, values: np.ndarray) -> Tensor:
        return torch.from_numpy(values).to(self.device)

"""Documents in progress whose keys and values are in a cache of ours.

Documents are of different length; a row is free as soon as its document ends.

R rows, N of them in use, H heads, d width of a head, D width, V vocabulary, T tokens read again.
"""

import numpy as np
import torch
from torch import Tensor

from genloop.families.lm.cache import Cache
from genloop.families.lm.language_network import blocks_at_once
from genloop.families.lm.layers import attend
from genloop.families.lm.network import Network
from genloop.families.lm.open_documents import Draw, OpenDocuments
from genloop.families.workers import Workers


class Decoder(OpenDocuments):
    """Documents of one of our networks."""

    def __init__(
        self, network: Network, cache: Cache, workers: Workers, num_rows: int, *, max_length: int, end_of_text: int
    ) -> None:
        super().__init__(
            network.device, num_rows, context=network.context, max_length=max_length, end_of_text=end_of_text
        )
        self._network = network
        self._cache = cache
        self._workers = workers
        self._cached = np.zeros(num_rows, np.int64)  # positions of the cache in use, (R,)

    def _begin(self, rows: np.ndarray) -> None:
        self._cached[rows] = 0

    def _next_tokens(self, draw: Draw) -> np.ndarray:
        parts = np.array_split(self.rows, min(self._workers.num, len(self.rows)))
        return np.concatenate(self._workers.map(lambda rows: self._draw(rows, draw), parts))

    @torch.inference_mode()  # a setting of each thread
    def _draw(self, rows: np.ndarray, draw: Draw) -> np.ndarray:
        return draw(rows, self.logits(rows))

    def logits(self, rows: np.ndarray) -> Tensor:
        """Feed some documents their latest token and return the logits (n, V) of the next one."""
        self._replay(rows[self._cached[rows] == self.context])
        network, positions = self._network, self._cached[rows]
        places = self._to_device(positions)
        hidden = network.through(
            network.embed(self._latest(rows), places),
            places,
            lambda layer, heads: self._cache.attend(layer, heads, rows, positions),
        )
        self._cached[rows] += 1
        return network.logits(hidden)

    def _replay(self, full: np.ndarray) -> None:
        """Refill full rows with the latter half of the context, so that their documents can go on."""
        num_kept = self.context // 2
        self._cached[full] = num_kept
        if num_kept:
            for start in range(0, len(full), size := blocks_at_once(num_kept)):
                self._prefill(full[start : start + size], num_kept)

    def _prefill(self, rows: np.ndarray, num_tokens: int) -> None:
        """Read the tokens before the latest one again, as though they were the first."""
        network, positions = self._network, np.tile(np.arange(num_tokens), len(rows))  # (N * T,)
        tokens, places = self._before_latest(rows, num_tokens).flatten(), self._to_device(positions)

        def store_and_attend(layer: int, heads: Tensor) -> Tensor:
            self._cache.store(layer, heads, rows.repeat(num_tokens), positions)
            return attend(heads, len(rows))

        network.through(network.embed(tokens, places), places, store_and_attend)

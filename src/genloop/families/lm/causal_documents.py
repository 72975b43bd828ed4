"""Documents in progress in a model of `transformers`, whose cache wants all of its rows to be of one length.

Documents that begin together are a wave with a cache of its own. Another wave begins when half of the rows are free,
so that there are never many.

N rows in use, n of them in a wave.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import PreTrainedModel

from genloop.families.lm.open_documents import Draw, OpenDocuments


@dataclass
class Wave:
    """Documents that began together, all of one length.

    Attributes:
        rows: where they are, (n,).
        cache: the model's own keys and values of them; None before there are any.
        num_cached: the tokens that it has read.
    """

    rows: np.ndarray
    cache: Any = None
    num_cached: int = 0

    def keep(self, kept: np.ndarray) -> None:
        """Keep only the rows for which `kept` (n,) is true."""
        if self.cache is not None and not kept.all():
            self.cache.batch_select_indices(torch.from_numpy(np.flatnonzero(kept)))
        self.rows = self.rows[kept]


class CausalDocuments(OpenDocuments):
    """Documents of a model of `transformers`."""

    def __init__(
        self, model: PreTrainedModel, num_rows: int, *, context: int, max_length: int, end_of_text: int
    ) -> None:
        super().__init__(model.device, num_rows, context=context, max_length=max_length, end_of_text=end_of_text)
        self._model = model
        self._waves: list[Wave] = []

    @property
    def room(self) -> int:
        return super().room if len(self.rows) <= self.num_rows // 2 else 0

    def remove(self, ended: np.ndarray) -> None:
        super().remove(ended)
        for wave in self._waves:
            wave.keep(np.isin(wave.rows, self.rows))
        self._waves = [wave for wave in self._waves if len(wave.rows)]

    def _begin(self, rows: np.ndarray) -> None:
        self._waves.append(Wave(rows))

    def _next_tokens(self, draw: Draw) -> np.ndarray:
        return np.concatenate([draw(wave.rows, self._logits(wave)) for wave in self._waves])

    def _logits(self, wave: Wave) -> Tensor:
        """Feed the documents of a wave their latest token and return the logits (n, V) of the next one."""
        if wave.num_cached == self.context:
            self._replay(wave)
        found = self._model(input_ids=self._latest(wave.rows)[:, None], past_key_values=wave.cache, use_cache=True)
        wave.cache = found.past_key_values
        wave.num_cached += 1
        return found.logits[:, -1].float()

    def _replay(self, wave: Wave) -> None:
        """Begin the cache again with the latter half of the context, so that its documents can go on."""
        wave.cache, wave.num_cached = None, self.context // 2
        if wave.num_cached:
            tokens = self._before_latest(wave.rows, wave.num_cached)
            wave.cache = self._model.base_model(input_ids=tokens, use_cache=True).past_key_values


@torch.inference_mode()
def bytes_per_position(model: PreTrainedModel) -> int:
    """Return what the keys and values of one token take in the cache."""
    cache: Any = model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=True)
    return sum(layer.keys.nbytes + layer.values.nbytes for layer in cache.past_key_values.layers)

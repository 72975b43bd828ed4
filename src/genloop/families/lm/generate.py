"""Whole documents from a language model, many at a time.

Documents are numbered as they begin and handed out in that order, the long ones waited for, so that short ones are
not favoured. Every document has random numbers of its own: what it says does not depend on the batch, up to the
rounding of sums.
"""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
from torch import Tensor

from genloop.data.text.tokens import Segment, TokenDataset, Vocabulary
from genloop.families.checkpoints import kept
from genloop.families.lm.draw import draw, uniforms
from genloop.families.lm.language_network import LanguageNetwork
from genloop.families.lm.open_documents import OpenDocuments
from genloop.families.lm.sampling import Sampling
from genloop.families.weights import weights_digest
from genloop.identity import describe, digest
from genloop.types import Context, Progress

MOST_ROWS = {"cpu": 256, "cuda": 2048, "mps": 256}
MOST_CACHE_BYTES = 1 << 30  # where the memory is not the device's own
BATCHES_PER_PORTION = 8  # a portion ends with ever fewer rows in use: a longer one wastes less, but more can be lost
MAX_LENGTH_IN_CONTEXTS = 8


@torch.inference_mode()
def generate(
    network: LanguageNetwork,
    vocabulary: Vocabulary,
    sampling: Sampling,
    *,
    num: int,
    seed: int,
    context: Context,
    num_rows: int | None = None,
) -> TokenDataset:
    """Return exactly `num` tokens: documents, each closed by end-of-text, the last one cut.

    Portions of documents are kept in the scratch folder, and not made again after an interruption.

    Args:
        num_rows: most documents in progress; None for what suits the device.
    """
    num_rows = num_rows or suitable_rows(network, sampling)
    max_length = sampling.max_length or MAX_LENGTH_IN_CONTEXTS * network.context
    owner = digest([describe(sampling), num, seed, num_rows, weights_digest(network)])
    pieces: list[np.ndarray] = []
    num_done = 0

    def report(num_more: int) -> None:
        context.report(Progress(num_done + num_more, num))

    with network.workers() as workers:
        decoder = network.documents(
            num_rows, sampling, workers, max_length=max_length, end_of_text=vocabulary.end_of_text
        )
        while num_done < num:
            index = len(pieces)
            portion = _Portion(decoder, sampling, index=index, seed=seed)
            make = partial(portion.generate, num - num_done, report)
            tokens = kept(context.scratch_dir, f"portion-{index}", make, owner=owner).numpy()
            pieces.append(tokens)
            num_done += len(tokens)
    return TokenDataset((Segment(np.concatenate(pieces).astype(vocabulary.dtype)),), vocabulary)


class _Portion:
    """A fixed number of documents, which share no step with any other portion."""

    def __init__(self, decoder: OpenDocuments, sampling: Sampling, *, index: int, seed: int) -> None:
        num_documents = decoder.num_rows * BATCHES_PER_PORTION
        self._decoder = decoder
        self._sampling = sampling
        self._seed = seed
        self._first_document = index * num_documents
        self._num_started = 0
        self._lengths = np.zeros(num_documents, np.int64)  # so far
        self._texts = [np.empty(0, np.int32)] * num_documents  # of the documents that have ended

    def generate(self, num_needed: int, report: Callable[[int], None]) -> Tensor:
        """Return the tokens of all documents, or the first `num_needed` of them."""
        self._start_documents(num_needed)
        while len(self._decoder.rows):
            self._decoder.step(self._draw)
            self._end_documents(num_needed)
            self._start_documents(num_needed)
            report(min(num_needed, int(self._lengths.sum())))
        return torch.from_numpy(np.concatenate(self._texts)[:num_needed])

    def _start_documents(self, num_needed: int) -> None:
        """Begin as many documents as there is room for and as are likely to be needed."""
        decoder = self._decoder
        if not decoder.room:
            return
        num_live = len(decoder.rows)
        num_tokens = int(self._lengths.sum())
        num_ended = num_tokens - int(decoder.lengths.sum())
        typical_length = (num_ended + decoder.context) / (self._num_started - num_live + 1)
        num_expected = max(num_tokens, num_ended + num_live * typical_length)
        num_wanted = math.ceil((num_needed - num_expected) / typical_length)
        num = min(num_wanted, decoder.room, len(self._texts) - self._num_started)
        if num > 0:
            decoder.start(np.arange(self._num_started, self._num_started + num))
            self._num_started += num

    def _draw(self, rows: np.ndarray, logits: Tensor) -> np.ndarray:
        decoder, lengths = self._decoder, self._decoder.length[rows]
        documents = self._first_document + decoder.documents[rows]
        fractions = torch.from_numpy(uniforms(self._seed, documents, lengths))
        tokens = draw(logits, fractions, temperature=self._sampling.temperature, top_k=self._sampling.top_k)
        return np.where(lengths + 1 == decoder.max_length, decoder.end_of_text, tokens.cpu().numpy())

    def _end_documents(self, num_needed: int) -> None:
        """End the documents that are finished, and those that only matter beyond what is needed."""
        decoder = self._decoder
        rows, lengths = decoder.rows, decoder.lengths
        documents = decoder.documents[rows]
        self._lengths[documents] = lengths
        is_finished = decoder.text[rows, lengths - 1] == decoder.end_of_text
        is_enough = np.cumsum(self._lengths)[documents] >= num_needed
        ended = is_finished | is_enough
        for row, length, document in zip(rows[ended], lengths[ended], documents[ended], strict=True):
            self._texts[document] = decoder.text[row, :length].copy()
        decoder.remove(ended)


def suitable_rows(network: LanguageNetwork, sampling: Sampling) -> int:
    most = _most_cache_bytes(network.device) // network.bytes_per_row(sampling)
    return max(1, min(MOST_ROWS[network.device.type], most))


def _most_cache_bytes(device: torch.device) -> int:
    """Return a quarter of a GPU's memory, whoever else uses it now: the number of rows decides on roundings."""
    if device.type != "cuda":
        return MOST_CACHE_BYTES
    return torch.cuda.get_device_properties(device).total_memory // 4

"""Documents in progress: their text, their keys and values, and one step of all of them at once.

Rows form cohorts, whose documents began together and are therefore equally long. Projections, MLPs and the head run
over all rows; attention runs per cohort at its exact length, so nothing is padded. The row of a finished document is
taken by the last one of its cohort, and room for a new cohort is made by moving the others together.

On a CPU the positions come in pages, each dense over rows and heads: attention is bound by the speed of memory, which
drops to a third where a read skips more than a few cache lines between one head and the next.

R rows of the cache, N rows in use, n rows of a cohort, H heads, d width of a head, D width, L layers, C context,
P positions of a page, T positions in use.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from genloop.families.lm.network import Network, attend, blocks_at_once

LEAST_PAGE = 32
MOST_PAGES = 8


@dataclass
class Cohort:
    """Rows whose documents began together.

    Attributes:
        first: first row.
        num: rows.
        length: tokens of each document so far.
        cached: positions of the cache in use.
    """

    first: int
    num: int
    length: int = 0
    cached: int = 0

    @property
    def rows(self) -> slice:
        return slice(self.first, self.first + self.num)


class Decoder:
    """Up to `num_rows` documents in progress.

    Attributes:
        cohorts: the rows in use, in the order of the rows.
        documents: the number of every row's document, (R,).
        text: the tokens of every row's document, (R, max_length).
        end_of_text: the token before a document's first.
    """

    def __init__(self, network: Network, num_rows: int, *, max_length: int, end_of_text: int) -> None:
        shape = network.shape
        page = _page_size(network)
        num_pages = math.ceil(shape.context / page)
        sizes = (shape.num_layers, num_pages, 2, num_rows, shape.num_heads, page, shape.width // shape.num_heads)
        self._network = network
        self.end_of_text = end_of_text
        self._cache = torch.empty(sizes, device=network.device)  # (L, C / P, 2, R, H, P, d)
        self.cohorts: list[Cohort] = []
        self.documents = np.zeros(num_rows, np.int64)
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
    def rows(self) -> np.ndarray:
        """The rows in use, (N,)."""
        return _concatenate([np.arange(self.num_rows)[cohort.rows] for cohort in self.cohorts])

    @property
    def lengths(self) -> np.ndarray:
        """The lengths of their documents, (N,)."""
        return _concatenate([np.full(cohort.num, cohort.length) for cohort in self.cohorts])

    def start(self, documents: np.ndarray) -> None:
        """Begin some documents as a new cohort."""
        self._close_gaps()
        cohort = Cohort(len(self.rows), len(documents))
        self.documents[cohort.rows] = documents
        self.cohorts.append(cohort)

    def logits(self) -> Tensor:
        """Feed every document its latest token and return the logits (N, V) of the next one."""
        for cohort in self.cohorts:
            if cohort.cached == self.context:
                self._replay(cohort)
        network = self._network
        positions = self._positions()
        x, rotation = network.embed(self._latest_tokens(), positions), network.rotation(positions)
        for block, cache in zip(network.blocks, self._cache, strict=True):
            heads = block.heads(x, rotation)  # (N, 3, H, d)
            parts = heads.split([cohort.num for cohort in self.cohorts])
            attended = [_attend(c, cache, part) for c, part in zip(self.cohorts, parts, strict=True)]
            x = block.add(x, torch.cat(attended))
        for cohort in self.cohorts:
            cohort.cached += 1
        return torch.mm(network.final(x), network.head.T)

    def append(self, tokens: np.ndarray) -> None:
        """Add one token to every document."""
        for cohort, part in zip(self.cohorts, self._by_cohort(tokens), strict=True):
            self.text[cohort.rows, cohort.length] = part
            cohort.length += 1

    def remove(self, ended: np.ndarray) -> None:
        """Free the rows in use for which `ended` (N,) is true."""
        for cohort, part in zip(self.cohorts, self._by_cohort(ended), strict=True):
            for row in cohort.first + np.flatnonzero(part)[::-1]:
                cohort.num -= 1
                self._copy_rows(cohort, int(row), cohort.first + cohort.num, 1)
        self.cohorts = [cohort for cohort in self.cohorts if cohort.num]

    def _by_cohort(self, values: np.ndarray) -> list[np.ndarray]:
        return np.split(values, np.cumsum([cohort.num for cohort in self.cohorts])[:-1])

    def _latest_tokens(self) -> Tensor:
        latest = np.where(self.lengths > 0, self.text[self.rows, self.lengths - 1], self.end_of_text)
        return torch.from_numpy(latest.astype(np.int64)).to(self.device)  # (N,)

    def _positions(self) -> Tensor:
        positions = _concatenate([np.full(cohort.num, cohort.cached) for cohort in self.cohorts])
        return torch.from_numpy(positions).to(self.device)  # (N,)

    def _replay(self, cohort: Cohort) -> None:
        """Refill a full cache with the latter half of the context, so that the documents can go on."""
        num_kept = self.context // 2
        latest = self.text[cohort.rows, cohort.length - 1 - num_kept : cohort.length - 1]
        for start in range(0, cohort.num, size := blocks_at_once(max(1, num_kept))):
            tokens = torch.from_numpy(latest[start : start + size].astype(np.int64)).to(self.device)
            rows = slice(cohort.first + start, cohort.first + start + len(tokens))
            self._prefill(tokens, rows)
        cohort.cached = num_kept

    def _prefill(self, tokens: Tensor, rows: slice) -> None:
        network = self._network
        positions = torch.arange(tokens.shape[1], device=self.device).repeat(len(tokens))
        x, rotation = network.embed(tokens.flatten(), positions), network.rotation(positions)  # (n * T, D)
        for block, cache in zip(network.blocks, self._cache, strict=True):
            heads = block.heads(x, rotation)  # (n * T, 3, H, d)
            keys_values = heads[:, 1:].unflatten(0, tokens.shape).permute(2, 0, 3, 1, 4)  # (2, n, H, T, d)
            for page, part in zip(cache, keys_values.split(cache.shape[-2], dim=-2), strict=False):
                page[:, rows, :, : part.shape[-2]] = part
            x = block.add(x, attend(heads, len(tokens)))

    def _close_gaps(self) -> None:
        first_free = 0
        for cohort in self.cohorts:
            num_moved = min(cohort.first - first_free, cohort.num)
            self._copy_rows(cohort, first_free, cohort.first + cohort.num - num_moved, num_moved)
            cohort.first = first_free
            first_free += cohort.num

    def _copy_rows(self, cohort: Cohort, target: int, source: int, num: int) -> None:
        if num == 0 or target == source:
            return
        targets, sources = slice(target, target + num), slice(source, source + num)
        pages = self._cache[:, : math.ceil(cohort.cached / self._cache.shape[-2])]
        pages[:, :, :, targets] = pages[:, :, :, sources]
        self.documents[targets] = self.documents[sources]
        self.text[targets, : cohort.length] = self.text[sources, : cohort.length]


def _page_size(network: Network) -> int:
    context = network.shape.context
    return max(LEAST_PAGE, math.ceil(context / MOST_PAGES)) if network.device.type == "cpu" else context


def _attend(cohort: Cohort, cache: Tensor, heads: Tensor) -> Tensor:
    """Store the keys and values among `heads` (n, 3, H, d) and return the attention (n, D) of the queries."""
    page_size = cache.shape[-2]
    number, place = divmod(cohort.cached, page_size)
    cache[number, :, cohort.rows, :, place] = heads[:, 1:].transpose(0, 1)

    pages = [page[:, cohort.rows].flatten(1, 2) for page in cache[: number + 1]]  # (2, n * H, P, d) each
    pages[-1] = pages[-1][:, :, : place + 1]
    queries = heads[:, 0].flatten(0, 1).unsqueeze(1) / math.sqrt(heads.shape[-1])  # (n * H, 1, d)
    scores = torch.cat([torch.bmm(queries, keys.transpose(1, 2)) for keys, _ in pages], dim=-1)  # (n * H, 1, T)
    weights = scores.softmax(-1).split(page_size, dim=-1)
    attended = torch.zeros_like(queries)
    for weight, (_, values) in zip(weights, pages, strict=True):
        attended.baddbmm_(weight, values)
    return attended.view(cohort.num, -1)


def _concatenate(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate([np.empty(0, np.int64), *parts])

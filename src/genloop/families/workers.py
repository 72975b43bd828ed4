"""Threads that each compute alone.

Many small products, each shared by all threads, make the threads wait for one another many times a step. Here every
thread takes a part of the batch through the whole network, and all meet once a step. On a quiet machine fits are no
faster for it, on a busy one they waste less; in sampling it lets every row attend at its own length (docs/LOG.md,
2026-11-21).
"""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Self, TypeVar

import torch

Part = TypeVar("Part")
Result = TypeVar("Result")


class Workers:
    """As many threads as torch may use on a CPU; on another device, and where `alone`, the caller's own.

    Attributes:
        num: how many.
    """

    def __init__(self, device: torch.device, *, alone: bool = False) -> None:
        self.num = torch.get_num_threads() if device.type == "cpu" and not alone else 1
        self._pool = ThreadPoolExecutor(self.num, initializer=torch.set_num_threads, initargs=(1,))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        if self.num > 1:
            torch.set_num_threads(self.num)  # libraries below torch share the number between its threads

    def map(self, work: Callable[[Part], Result], parts: Iterable[Part]) -> list[Result]:
        """Return `work` of every part, in their order."""
        return list(map(work, parts) if self.num == 1 else self._pool.map(work, parts))

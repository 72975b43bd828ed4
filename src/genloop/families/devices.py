"""Where to compute: the one place that turns a `Runtime` into a torch device."""

import ctypes
import sys
from functools import cache

import torch

from genloop.errors import UserError
from genloop.types import Runtime

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD = -1, -3  # glibc, malloc.h


def prepare_device(runtime: Runtime) -> torch.device:
    """Return the device that `runtime` asks for, and set up torch for it.

    Raises:
        UserError: if this machine has no such device.
    """
    name = _best_device() if runtime.device == "auto" else runtime.device
    if runtime.threads is not None:
        torch.set_num_threads(runtime.threads)
    if not _is_present(name):
        raise UserError(f"device={name!r} is not present on this machine. Use device='auto', or 'cpu'.")
    if name.startswith("cuda"):
        torch.set_float32_matmul_precision("high")
    if name == "cpu":
        _keep_freed_memory()
    return torch.device(name)


def _best_device() -> str:
    return next(name for name in ("cuda", "mps", "cpu") if _is_present(name))


def _is_present(name: str) -> bool:
    kind, _, index = name.partition(":")
    if kind == "cuda":
        return torch.cuda.is_available() and int(index or 0) < torch.cuda.device_count()
    return name == "cpu" or (name == "mps" and torch.backends.mps.is_available())


@cache
def _keep_freed_memory() -> None:
    """Let glibc reuse large blocks: page faults of fresh ones take longer than the arithmetic on them."""
    if sys.platform == "linux" and hasattr(libc := ctypes.CDLL(None), "mallopt"):
        libc.mallopt(M_MMAP_THRESHOLD, 1 << 30)
        libc.mallopt(M_TRIM_THRESHOLD, (1 << 31) - 1)

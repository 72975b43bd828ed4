"""Tensors on disk that survive an interruption: whole or absent, and never taken for another computation's.

A file says whose tensors it holds and what they digest to. Whatever is not exactly what was written, by a torn write or
a flipped bit, counts as absent: it costs time, and never a wrong number.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from genloop.files import flush


def save_checkpoint(path: Path, tensors: dict[str, Tensor], *, owner: str) -> None:
    """Write `tensors` to `path` in one atomic step; `owner` names the computation that they belong to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata={"owner": owner, "digest": tensors_digest(tensors)})
    flush(unfinished)
    unfinished.replace(path)


def load_checkpoint(path: Path, *, owner: str) -> dict[str, Tensor] | None:
    """Return what `owner` saved at `path`; None if there is nothing, or a damaged or foreign file."""
    try:
        with safe_open(path, framework="pt") as file:
            said = file.metadata() or {}
            if said.get("owner") != owner:
                return None
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError):
        return None
    return tensors if said.get("digest") == tensors_digest(tensors) else None


def tensors_digest(tensors: Mapping[str, Tensor]) -> str:
    """Return the SHA-256 of names, shapes, types and contents, as hexadecimal digits."""
    total = sha256()
    for name, tensor in sorted(tensors.items()):
        total.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        total.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy().data)
    return total.hexdigest()


def kept(directory: Path | None, name: str, make: Callable[[], Tensor], *, owner: str) -> Tensor:
    """Return a tensor that `owner` makes once and then finds under its name in a folder, if there is one."""
    path = directory / f"{name}.safetensors" if directory else None
    saved = load_checkpoint(path, owner=owner) if path else None
    if saved is None:
        saved = {name: make()}
        if path:
            save_checkpoint(path, saved, owner=owner)
    return saved[name]

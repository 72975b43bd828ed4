"""Tensors on disk that survive an interruption: whole or absent, and never taken for another computation's."""

from collections.abc import Callable
from pathlib import Path

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from genloop.files import replacing


def save_checkpoint(path: Path, tensors: dict[str, Tensor], *, owner: str) -> None:
    """Write `tensors` to `path` in one atomic step; `owner` names the computation that they belong to."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as working:
        save_file(tensors, working, metadata={"owner": owner})


def load_checkpoint(path: Path, *, owner: str) -> dict[str, Tensor] | None:
    """Return what `owner` saved at `path`; None if there is nothing, or a torn or foreign file."""
    try:
        with safe_open(path, framework="pt") as file:
            if (file.metadata() or {}).get("owner") != owner:
                return None
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - no mapping
    except (FileNotFoundError, SafetensorError):
        return None


def kept(directory: Path | None, name: str, make: Callable[[], Tensor], *, owner: str) -> Tensor:
    """Return a tensor that `owner` makes once and then finds under its name in a folder, if there is one."""
    path = directory / f"{name}.safetensors" if directory else None
    saved = load_checkpoint(path, owner=owner) if path else None
    if saved is None:
        saved = {name: make()}
        if path:
            save_checkpoint(path, saved, owner=owner)
    return saved[name]

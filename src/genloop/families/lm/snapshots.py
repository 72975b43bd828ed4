"""Weights that a network had on the way through its fit, for learning curves on data that the fit never saw.

While a fit runs they are kept in its scratch folder, so that a resumed one has them all; without such a folder, in
memory.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from genloop.families.checkpoints import load_checkpoint, save_checkpoint
from genloop.families.lm.language_network import LanguageNetwork


@dataclass(frozen=True)
class Snapshot:
    """The weights of a network after some optimiser steps.

    Attributes:
        step: optimiser steps taken.
        load: reads the weights, as `LanguageNetwork.import_weights` takes them.
    """

    step: int
    load: Callable[[], Mapping[str, Tensor]]


class Keeper:
    """Keeps the weights of a network that is being trained.

    Args:
        network: whose weights.
        steps: after which numbers of optimiser steps.
        directory: where to; None for memory.
        owner: names the fit.
    """

    def __init__(self, network: LanguageNetwork, steps: Sequence[int], directory: Path | None, owner: str) -> None:
        self._network = network
        self._steps = steps
        self._directory = directory
        self._owner = owner
        self._in_memory: dict[int, Mapping[str, Tensor]] = {}

    def keep(self, step: int) -> None:
        """Keep the present weights if this is one of the steps."""
        if step not in self._steps:
            return
        weights = self._network.export_weights()
        if self._directory:
            save_checkpoint(snapshot_path(self._directory, step), weights, owner=self._owner)
        else:
            self._in_memory[step] = {name: weight.cpu().clone() for name, weight in weights.items()}

    def is_kept(self, num_steps: int) -> bool:
        """Whether the weights of all steps before `num_steps` are there, whole."""
        due = [step for step in self._steps if step < num_steps]
        if self._directory is None:
            return all(step in self._in_memory for step in due)
        paths = [snapshot_path(self._directory, step) for step in due]
        return all(load_checkpoint(path, owner=self._owner) is not None for path in paths)

    def snapshots(self, num_steps: int) -> tuple[Snapshot, ...]:
        """Return those from before the last of `num_steps` steps."""
        return tuple(Snapshot(step, self._loader(step)) for step in self._steps if step < num_steps)

    def _loader(self, step: int) -> Callable[[], Mapping[str, Tensor]]:
        if self._directory:
            return partial(self._read, snapshot_path(self._directory, step))
        return partial(self._in_memory.__getitem__, step)

    def _read(self, path: Path) -> Mapping[str, Tensor]:
        weights = load_checkpoint(path, owner=self._owner)
        assert weights is not None, f"{path} is gone, or of another fit"
        return weights


def snapshot_path(directory: Path, step: int) -> Path:
    """Return where the weights after `step` optimiser steps are kept."""
    return directory / f"snapshot-{step}.safetensors"


def open_snapshots(directory: Path) -> tuple[Snapshot, ...]:
    """Return the snapshots in a folder, in the order of their steps; none is read yet."""
    paths = {int(path.stem.removeprefix("snapshot-")): path for path in directory.glob("snapshot-*.safetensors")}
    return tuple(Snapshot(step, partial(load_file, paths[step])) for step in sorted(paths))

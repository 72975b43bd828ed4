"""Sources of molecules: conformers become ragged arrays, and no molecular graph is in both train and test.

A kind of source adds where its molecules come from. A prepared folder holds `train/` and `test/`, each with graphs and
one shard of conformations, and `info.json`, which says what was read, what was dropped and why.
"""

import json
from abc import ABC, abstractmethod
from collections import Counter
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.left_out import write_left_out
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.domain import INFO_FILE, MoleculeDomain
from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.graphs import Graphs
from genloop.data.molecules.raw import RawMolecules, divide
from genloop.types import Context

ORDER_SEED = 0  # of the order of conformations, which thus follows from the data alone
NUM_NAMED = 20  # dropped molecules that info.json names for each reason


@dataclass(frozen=True)
class MoleculeSource(ABC):
    """Conformers of real molecules."""

    @abstractmethod
    def read(self, context: Context) -> RawMolecules:
        """Read the molecules."""

    @abstractmethod
    def identity(self) -> dict[str, Any]:
        """Return what determines the molecules, as plain values."""

    def prepare(self, directory: Path, context: Context) -> None:
        raw = self.read(context)
        parts = divide(raw)
        info: dict[str, Any] = {"geometry": raw.geometry, **raw.facts}
        for part, data in (("train", _shuffled(_end_to_end(parts.train))), ("test", _end_to_end(parts.test))):
            (directory / part).mkdir()
            data.graphs.save(directory / part)
            data.save(directory / part)
            info[part] = {"molecules": len(data.graphs), "conformations": len(data)}
        dropped = list(chain.from_iterable(parts.dropped.values()))
        text = json.dumps({**info, "dropped": _summary(dropped)}, indent=2, ensure_ascii=False)
        write_left_out(
            directory,
            {
                part: Counter(item.reason for item in parts.dropped[part])
                | {why: len(names) for why, names in raw.not_used.get(part, {}).items()}
                for part in parts.dropped
            },
        )
        (directory / INFO_FILE).write_text(text + "\n", "utf-8", "backslashreplace")  # file names need not be text

    def open(self, directory: Path) -> MoleculeDomain:
        return MoleculeDomain(directory)


def _end_to_end(ensembles: list[Ensemble]) -> MoleculeDataset:
    """Return all conformers molecule by molecule, so that two halves of test data are of different molecules."""
    graphs = Graphs.of([ensemble.graph for ensemble in ensembles])
    graph_ids = np.repeat(np.arange(len(ensembles)), [len(ensemble.coordinates) for ensemble in ensembles])
    return MoleculeDataset.of(
        graphs, graph_ids, np.concatenate([each.coordinates.reshape(-1, 3) for each in ensembles])
    )


def _shuffled(data: MoleculeDataset) -> MoleculeDataset:
    """Return the conformations in random order, so that the first of them are of many molecules."""
    return data.draw(len(data), seed=ORDER_SEED)


def _summary(dropped: list[Dropped]) -> dict[str, Any]:
    """Return how many molecules or records were dropped for each reason, and the first of their names."""
    names: dict[str, list[str]] = {}
    for item in dropped:
        names.setdefault(item.reason, []).append(item.name)
    return {reason: {"number": len(each), "first": each[:NUM_NAMED]} for reason, each in sorted(names.items())}

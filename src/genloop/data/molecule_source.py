"""Sources of molecules: conformers become ragged arrays, and no molecular graph is in both train and test.

A kind of source adds where its molecules come from. A prepared folder holds `train/` and `test/`, each with graphs and
one shard of conformations, and `info.json`, which says what was read, what was dropped and why.
"""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from genloop.data.molecular_graphs import Graphs
from genloop.data.molecules import MoleculeDataset
from genloop.errors import UserError
from genloop.types import Context

if TYPE_CHECKING:
    from genloop.data.chemistry import Ensemble

INFO_FILE = "info.json"
HELD_OUT = 0.1  # share of the molecules that become test data where none are given
ORDER_SEED = 0  # of the order of conformations, which thus follows from the data alone
NUM_NAMED = 20  # dropped molecules that info.json names for each reason


@dataclass(frozen=True)
class Dropped:
    """A molecule that was read and is not used, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class RawMolecules:
    """What a source read.

    Attributes:
        geometry: what its coordinates are, as everything that shows them should say.
        train: conformers of training molecules; those of one molecule may come in several pieces.
        test: conformers of test molecules; None holds out a tenth of the training molecules.
        facts: what else there is to know, as plain values.
    """

    geometry: str
    train: Iterable["Ensemble | Dropped"]
    test: Iterable["Ensemble | Dropped"] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


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
        dropped: list[Dropped] = []
        train = _merged(raw.train, dropped)
        test = None if raw.test is None else _merged(raw.test, dropped)
        train, test = _divided(train, test, dropped)
        info = {"geometry": raw.geometry, **raw.facts}
        for part, ensembles in (("train", train), ("test", test)):
            (directory / part).mkdir()
            data = _shuffled(ensembles)
            data.graphs.save(directory / part)
            data.save(directory / part)
            info[part] = {"molecules": len(data.graphs), "conformations": len(data)}
        text = json.dumps({**info, "dropped": _summary(dropped)}, indent=2, ensure_ascii=False)
        (directory / INFO_FILE).write_text(text + "\n", "utf-8")

    def load(self, directory: Path, part: Literal["train", "test"]) -> MoleculeDataset:
        return MoleculeDataset.open(directory / part, Graphs.open(directory / part))

    def load_samples(self, directory: Path, prepared_dir: Path) -> MoleculeDataset:
        return MoleculeDataset.open(directory, Graphs.open(prepared_dir / "train"))


def _merged(found: "Iterable[Ensemble | Dropped]", dropped: list[Dropped]) -> "list[Ensemble]":
    """Return one ensemble for every different molecule, in the order of their first conformers."""
    pieces: dict[tuple[Any, ...], list[Ensemble]] = {}
    for item in found:
        if isinstance(item, Dropped):
            dropped.append(item)
        else:
            graph = item.graph
            key = (graph.name, *(each.tobytes() for each in (graph.types, graph.charges, graph.bonds, graph.orders)))
            pieces.setdefault(key, []).append(item)
    return [_joined(same) for same in pieces.values()]


def _joined(pieces: "list[Ensemble]") -> "Ensemble":
    from genloop.data.chemistry import Ensemble

    return Ensemble(pieces[0].graph, np.concatenate([piece.coordinates for piece in pieces]))


def _divided(
    train: "list[Ensemble]", test: "list[Ensemble] | None", dropped: list[Dropped]
) -> "tuple[list[Ensemble], list[Ensemble]]":
    """Return training and test molecules; those that differ in stereochemistry only stay in one part.

    Raises:
        UserError: if a part has no molecules, or a test molecule is also a training molecule.
    """
    from genloop.data.chemistry import skeleton

    by_skeleton: dict[str, list[Ensemble]] = {}
    for ensemble in train:
        by_skeleton.setdefault(skeleton(ensemble.graph.name), []).append(ensemble)
    if test is not None:
        _check_parts(by_skeleton, [skeleton(ensemble.graph.name) for ensemble in test], dropped)
        return train, test
    if len(by_skeleton) < 2:
        raise UserError(
            f"The data hold {len(by_skeleton)} usable molecule{'s' * (len(by_skeleton) != 1)}{_why(dropped)}, too few "
            f"to hold some out. Give more molecules, with all hydrogens and coordinates in space."
        )
    names = sorted(by_skeleton, key=lambda name: sha256(name.encode()).digest())  # an order by content alone
    num_test = max(1, round(HELD_OUT * len(names)))
    parts = names[num_test:], names[:num_test]
    train, test = ([ensemble for name in part for ensemble in by_skeleton[name]] for part in parts)
    return train, test


def _check_parts(train: Mapping[str, Any], test: list[str], dropped: list[Dropped]) -> None:
    for part, names in (("training", train), ("test", test)):
        if not names:
            raise UserError(f"The {part} data hold no usable molecule{_why(dropped)}. Give some, with all hydrogens.")
    if shared := set(train) & set(test):
        raise UserError(
            f"{len(shared)} of {len(test)} test molecules are also training molecules, such as {min(shared)}; the test "
            f"loss would reward memory. Remove them, or give no test data, and a tenth of the molecules is held out."
        )


def _why(dropped: list[Dropped]) -> str:
    return f" ({dropped[0].name}: {dropped[0].reason})" if dropped else ""


def _shuffled(ensembles: "list[Ensemble]") -> MoleculeDataset:
    """Return the conformers of all molecules in random order, so that the first of them are of many molecules."""
    graphs = Graphs.of([ensemble.graph for ensemble in ensembles])
    graph_ids = np.repeat(np.arange(len(ensembles)), [len(ensemble.coordinates) for ensemble in ensembles])
    coordinates = np.concatenate([ensemble.coordinates.reshape(-1, 3) for ensemble in ensembles])
    data = MoleculeDataset.of(graphs, graph_ids, coordinates)
    return data.draw(len(data), seed=ORDER_SEED)


def _summary(dropped: list[Dropped]) -> dict[str, Any]:
    """Return how many molecules or records were dropped for each reason, and the first of their names."""
    names: dict[str, list[str]] = {}
    for item in dropped:
        names.setdefault(item.reason, []).append(item.name)
    return {reason: {"number": len(each), "first": each[:NUM_NAMED]} for reason, each in sorted(names.items())}

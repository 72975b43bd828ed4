"""Molecules as a source read them: which can be used, which are the same, and which are held out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import numpy as np

from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.errors import UserError

HELD_OUT = 0.1  # share of the molecules that become test data where none are given


@dataclass(frozen=True)
class RawMolecules:
    """What a source read.

    Attributes:
        geometry: what its coordinates are, as everything that shows them should say.
        train: conformers of training molecules; those of one molecule may come in several pieces.
        test: conformers of test molecules; None holds out a tenth of the training molecules.
        facts: what else there is to know, as plain values.
        not_used: names of files of each part that are not read, by the reason.
    """

    geometry: str
    train: Iterable[Ensemble | Dropped]
    test: Iterable[Ensemble | Dropped] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    not_used: Mapping[str, Mapping[str, Sequence[str]]] = field(default_factory=dict)


@dataclass(frozen=True)
class Parts:
    """Different molecules of training and test data, which share no graph, and what was not used."""

    train: list[Ensemble]
    test: list[Ensemble]
    dropped: Mapping[str, list[Dropped]]  # by the part that they were read from


def divide(raw: RawMolecules) -> Parts:
    """Return the training and the test molecules; those that differ in stereochemistry only stay in one part.

    Their order is random, and follows from their names alone.

    Raises:
        UserError: if a part has no molecules, or a test molecule is also a training molecule.
    """
    dropped: dict[str, list[Dropped]] = {"train": [], "test": []}
    train = _by_skeleton(_merged(raw.train, dropped["train"]))
    test = None if raw.test is None else _by_skeleton(_merged(raw.test, dropped["test"]))
    if test is None:
        train, test = _held_out(train, dropped["train"])
    else:
        _check_parts(train, test, dropped)
    return Parts(_listed(train), _listed(test), dropped)


def _merged(found: Iterable[Ensemble | Dropped], dropped: list[Dropped]) -> list[Ensemble]:
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


def _joined(pieces: list[Ensemble]) -> Ensemble:
    return Ensemble(pieces[0].graph, np.concatenate([piece.coordinates for piece in pieces]))


Skeletons = Mapping[str, list[Ensemble]]


def _by_skeleton(ensembles: list[Ensemble]) -> Skeletons:
    from genloop.data.molecules.chemistry import skeleton  # late: it needs RDKit

    found: dict[str, list[Ensemble]] = {}
    for ensemble in ensembles:
        found.setdefault(skeleton(ensemble.graph.name), []).append(ensemble)
    return {name: found[name] for name in sorted(found, key=lambda name: sha256(name.encode()).digest())}


def _listed(molecules: Skeletons) -> list[Ensemble]:
    return [ensemble for same in molecules.values() for ensemble in same]


def _held_out(molecules: Skeletons, dropped: list[Dropped]) -> tuple[Skeletons, Skeletons]:
    names = list(molecules)
    if len(names) < 2:
        raise UserError(
            f"The data hold {len(names)} usable molecule{'s' * (len(names) != 1)}{_why(dropped)}, too few to hold some "
            f"out. Give more molecules, with all hydrogens and coordinates in space."
        )
    num_test = max(1, round(HELD_OUT * len(names)))
    train, test = ({name: molecules[name] for name in part} for part in (names[num_test:], names[:num_test]))
    return train, test


def _check_parts(train: Skeletons, test: Skeletons, dropped: Mapping[str, list[Dropped]]) -> None:
    for part, name, names in (("train", "training", train), ("test", "test", test)):
        if not names:
            raise UserError(
                f"The {name} data hold no usable molecule{_why(dropped[part])}. Give some, with all hydrogens."
            )
    if shared := set(train) & set(test):
        raise UserError(
            f"{len(shared)} of {len(test)} test molecules are also training molecules, such as {min(shared)}; the test "
            f"loss would reward memory. Remove them, or give no test data, and a tenth of the molecules is held out."
        )


def _why(dropped: list[Dropped]) -> str:
    return f" ({dropped[0].name}: {dropped[0].reason})" if dropped else ""

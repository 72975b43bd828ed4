"""GEOM-Drugs, as its users have it on disk: the published folder of pickles, or GeoDiff's preprocessed lists.

GEOM: Axelrod and Gómez-Bombarelli 2022, doi:10.1038/s41597-022-01288-4. Pickles are read as data (`pickles.py`).
"""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, ClassVar

from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.raw import RawMolecules
from genloop.data.molecules.source import MoleculeSource
from genloop.data.reading import named_path, readable, reason
from genloop.errors import UserError
from genloop.identity import digest, file_digest, type_name
from genloop.types import Context

SUMMARY = "summary_drugs.json"
GEOMETRY = "GEOM-Drugs conformers (CREST, GFN2-xTB)"


@dataclass(frozen=True)
class GeomDrugs(MoleculeSource):
    """Conformers of GEOM-Drugs.

    A path is that of GEOM's `rdkit_folder`, which holds `summary_drugs.json` and one pickle a molecule, or of a summary
    in it, or of a `.pkl`: a list of `torch_geometric` data objects with `rdmol` and `pos`, such as GeoDiff's
    `train_data_40k.pkl`, which is read whole into memory. The identity of a folder is that of its summary and of the
    sizes of the pickles used: their contents would take minutes to hash.

    Attributes:
        train: path of the training molecules.
        test: path of the test molecules; None holds out a tenth of the training molecules.
        num_molecules: training molecules to use, drawn by a hash of their names; None uses all.
        num_conformers: of each molecule at most, the likeliest ones, or the first ones of a `.pkl`; 5 as GeoDiff.
    """

    version: ClassVar[int] = 3  # drops conformers with coordinates that no molecule has, drawings too
    citations: ClassVar[tuple[str, ...]] = ("axelrod2022geom",)

    train: str
    test: str | None = None
    num_molecules: int | None = None
    num_conformers: int = 5

    def __post_init__(self) -> None:
        if self.num_molecules is not None and self.num_molecules < 2:
            raise UserError(f"num_molecules={self.num_molecules} is too few to hold some out. Use 2 or more, or None.")
        if self.num_conformers < 1:
            raise UserError(f"num_conformers={self.num_conformers} leaves no conformer. Use 1 or more.")

    def identity(self) -> dict[str, Any]:
        fields = {"num_molecules": self.num_molecules, "num_conformers": self.num_conformers}
        return {
            "type": type_name(self),
            "version": self.version,
            "train": _identity(_locate("train", self.train), self.num_molecules),
            "test": None if self.test is None else _identity(_locate("test", self.test), None),
            **fields,
        }

    def read(self, context: Context) -> RawMolecules:
        train = self._read(_locate("train", self.train), self.num_molecules, context)
        test = None if self.test is None else self._read(_locate("test", self.test), None, context)
        return RawMolecules(GEOMETRY, train, test)

    def _read(self, path: Path, num_molecules: int | None, context: Context) -> Iterator[Ensemble | Dropped]:
        from genloop.data.molecules import geom_pickles
        from genloop.data.molecules.plausible import most_plausible

        if path.suffix == ".json":
            chosen = _chosen(_pickles(path), num_molecules)
            found = geom_pickles.read_folder(path.parent, chosen, self.num_conformers, context.counter(len(chosen)))
        else:
            chosen = _chosen(geom_pickles.read_list(path), num_molecules)
            found = geom_pickles.read_groups(chosen, self.num_conformers, context.counter(len(chosen)))
        return most_plausible(found)


def _locate(field: str, written: str) -> Path:
    path = named_path(field, written)
    if path.is_dir():
        path = named_path(field, f"{written}/{SUMMARY}")
    if not path.is_file():
        raise UserError(
            f"{field}={written!r}: there is no file {path}. Name GEOM's rdkit_folder, or a .pkl of GeoDiff."
        )
    return readable(path)


def _identity(path: Path, num_molecules: int | None) -> str:
    if path.suffix != ".json":
        return file_digest(path)
    files = [path.parent / written for written in _chosen(_pickles(path), num_molecules).values()]
    return digest([file_digest(path), list(map(_size, files))])


def _size(file: Path) -> int | None:
    """Return how many bytes a pickle has; None where there is none, or none may be looked at."""
    try:
        return file.stat().st_size if file.is_file() else None
    except OSError:
        return None


def _pickles(summary: Path) -> dict[str, str]:
    """Return where the pickle of every molecule is that has one, relative to the summary."""
    try:
        entries = json.loads(summary.read_text("utf-8"))
        return {name: os.fspath(entry["pickle_path"]) for name, entry in entries.items() if "pickle_path" in entry}
    except (ValueError, TypeError, AttributeError, RecursionError) as problem:
        raise UserError(
            f"{summary} is no summary of GEOM: {reason(problem)}. Get it again from its publisher."
        ) from problem


def _chosen(molecules: Mapping[str, Any], num: int | None) -> dict[str, Any]:
    """Return `num` of the molecules; which ones follows from their names alone."""
    names = sorted(molecules, key=lambda name: sha256(name.encode()).digest())
    return {name: molecules[name] for name in names[:num]}

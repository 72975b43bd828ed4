"""Conformers from files of the user's own: SDF, plain or compressed."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, ClassVar

from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.raw import RawMolecules
from genloop.data.molecules.source import MoleculeSource
from genloop.data.reading import list_folder, named_path, readable
from genloop.errors import UserError
from genloop.identity import digest, file_digest, type_name
from genloop.types import Context

ENDINGS = (".sdf", ".sdf.gz", ".sd", ".sd.gz")


@dataclass(frozen=True)
class ConformerFiles(MoleculeSource):
    """Conformers in `.sdf` or `.sdf.gz` files, one a record, with all hydrogens; records may come in any order.

    Attributes:
        train: path of the training molecules, a file or a folder of files at any depth.
        test: path of the test molecules; None holds out a tenth of the training molecules.
        geometry: what the coordinates are, such as the method that computed them; shown beside results.
    """

    version: ClassVar[int] = 3  # drops conformers with coordinates that no molecule has, drawings too

    train: str
    test: str | None = None
    geometry: str = "conformers from files"

    def identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": self.version,
            "train": _identity("train", self.train),
            "test": None if self.test is None else _identity("test", self.test),
            "geometry": self.geometry,
        }

    def read(self, context: Context) -> RawMolecules:
        written = {"train": self.train, **({} if self.test is None else {"test": self.test})}
        found = {part: _read(_locate(part, path)) for part, path in written.items()}
        not_used = {part: _not_used(named_path(part, path)) for part, path in written.items()}
        return RawMolecules(self.geometry, found["train"], found.get("test"), not_used=not_used)


def _read(paths: Sequence[Path]) -> Iterator[Ensemble | Dropped]:
    from genloop.data.molecules.plausible import most_plausible
    from genloop.data.molecules.sdf import read_sdf

    return most_plausible(chain.from_iterable(map(read_sdf, paths)))


def _identity(field: str, written: str) -> str:
    paths = _locate(field, written)
    is_folder = named_path(field, written).is_dir()
    return digest([file_digest(path) for path in paths]) if is_folder else file_digest(paths[0])


def _locate(field: str, written: str) -> list[Path]:
    """Return the file that a setting names or, of a folder, the SDF files in it."""
    path = named_path(field, written)
    if path.is_dir():
        paths = [path / name for name in list_folder(path).files if _is_sdf(name)]
        if not paths:
            raise UserError(f"{field}={written!r} is a folder without .sdf or .sdf.gz files. Name another, or a file.")
        return list(map(readable, paths))
    if not path.is_file():
        raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
    if not _is_sdf(path.name):
        raise UserError(f"{field}={written!r} is neither .sdf nor .sdf.gz. Convert it, with RDKit or Open Babel.")
    return [readable(path)]


def _not_used(path: Path) -> Mapping[str, Sequence[str]]:
    """Return what lies beside the SDF files of a folder, by the reason why it is not read."""
    if not path.is_dir():
        return {}
    found = list_folder(path)
    others = [name for name in found.files if not _is_sdf(name)]
    hidden = list(filter(_is_sdf, found.hidden))
    return {
        "files that are no SDF": others,
        "hidden SDF files": hidden,
        "links to folders, which are not followed": found.links,
        "neither files nor folders": found.special,
    }


def _is_sdf(name: str) -> bool:
    return name.lower().endswith(ENDINGS)

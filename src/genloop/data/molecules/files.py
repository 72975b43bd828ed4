"""Conformers from files of the user's own: SDF, plain or compressed."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

from genloop.data.molecules.raw import RawMolecules
from genloop.data.molecules.source import MoleculeSource
from genloop.data.reading import named_path, readable
from genloop.errors import UserError
from genloop.identity import file_digest, type_name
from genloop.types import Context

ENDINGS = (".sdf", ".sdf.gz")


@dataclass(frozen=True)
class ConformerFiles(MoleculeSource):
    """Conformers in `.sdf` or `.sdf.gz` files, one a record, with all hydrogens; records may come in any order.

    Attributes:
        train: path of the training molecules.
        test: path of the test molecules; None holds out a tenth of the training molecules.
        geometry: what the coordinates are, such as the method that computed them; shown beside results.
    """

    version: ClassVar[int] = 1

    train: str
    test: str | None = None
    geometry: str = "conformers from files"

    def identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": self.version,
            "train": file_digest(_locate("train", self.train)),
            "test": None if self.test is None else file_digest(_locate("test", self.test)),
            "geometry": self.geometry,
        }

    def read(self, context: Context) -> RawMolecules:
        from genloop.data.molecules.sdf import read_sdf

        train = read_sdf(_locate("train", self.train))
        return RawMolecules(self.geometry, train, None if self.test is None else read_sdf(_locate("test", self.test)))


def _locate(field: str, written: str) -> Path:
    path = named_path(field, written)
    if not path.is_file():
        raise UserError(f"{field}={written!r}: there is no such file. Check the path.")
    if not path.name.endswith(ENDINGS):
        raise UserError(f"{field}={written!r} is neither .sdf nor .sdf.gz. Convert it, with RDKit or Open Babel.")
    return readable(path)

"""Real screening compounds that come with RDKit: drug-like molecules with no download.

They are 10,000 compounds of the Walter and Eliza Hall Institute, on which RDKit tests its filters (Saubern, Guha and
Baell 2011, doi:10.1002/minf.201100076), or the first 5,000 of the NCI's database where that file is absent or another.
They are graphs only: a force field makes their geometries here, which are neither experiment nor quantum chemistry.
"""

import csv
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.raw import RawMolecules
from genloop.data.molecules.source import MoleculeSource
from genloop.data.seeds import check_seed
from genloop.errors import UserError
from genloop.identity import file_digest, type_name
from genloop.types import Context, Progress

FILES = {  # in RDKit's data directory, with the SHA-256 of their content
    "Pains/test_data/wehi_mols.csv": "ef14f29a583486042fe4fd8ed8d946aba20963dd3e9d756ea2e3f133f477bed9",
    "NCI/first_5K.smi": "91e71c015f14939837f2943dcc904f7c87e5a3a0124d82b05c28ad2f23004def",
}
GEOMETRY = "force-field geometries (ETKDGv3, then MMFF94)"


@dataclass(frozen=True)
class DrugLike(MoleculeSource):
    """Drug-like molecules (`drug_likeness.py`) of RDKit's own data directory, with force-field geometries made once.

    Attributes:
        num_molecules: molecules, a tenth of them held out; drawn at random from the drug-like ones.
        num_conformers: tried for each; those that coincide or fail are dropped, so many molecules have fewer.
        seed: of the draw and of the coordinates.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = (
        "saubern2011knime",
        "rdkit",
        "riniker2015better",
        "wang2020improving",
        "halgren1996merck",
    )

    num_molecules: int = 500
    num_conformers: int = 5
    seed: int = 0

    def __post_init__(self) -> None:
        check_seed(self.seed)
        if self.num_molecules < 2:
            raise UserError(f"num_molecules={self.num_molecules} is too few to hold some out. Use 2 or more.")
        if self.num_conformers < 1:
            raise UserError(f"num_conformers={self.num_conformers} leaves no conformer. Use 1 or more.")

    def identity(self) -> dict[str, Any]:
        return {
            "type": type_name(self),
            "version": self.version,
            "file": FILES[_locate()[0]],
            "num_molecules": self.num_molecules,
            "num_conformers": self.num_conformers,
            "seed": self.seed,
        }

    def read(self, context: Context) -> RawMolecules:
        name, path = _locate()
        return RawMolecules(GEOMETRY, self._made(_read(path), context), facts={"file": f"RDKit's {name}"})

    def _made(self, smiles: list[str], context: Context) -> Iterator[Ensemble | Dropped]:
        """Iterate over molecules with conformers until there are enough of them."""
        from genloop.data.molecules.chemistry import to_ensemble
        from genloop.data.molecules.drug_likeness import drug_like
        from genloop.data.molecules.force_field import made

        order = np.random.Generator(np.random.Philox(self.seed)).permutation(len(smiles))
        candidates = drug_like(smiles[i] for i in order)
        done = 0
        while done < self.num_molecules:
            names = list(islice(candidates, self.num_molecules - done))
            if not names:
                raise UserError(
                    f"num_molecules={self.num_molecules} is more than the {done} drug-like molecules that RDKit brings."
                    " Use fewer, or molecules of your own: ConformerFiles."
                )
            made_in_turn = made(
                names,
                self.num_conformers,
                seed=self.seed,
                threads=context.runtime.threads or os.cpu_count() or 1,
                scratch_dir=context.scratch_dir,
            )
            with closing(made_in_turn) as molecules:  # an interruption leaves no work behind
                for name, molecule in zip(names, molecules, strict=True):
                    if molecule is None:
                        yield Dropped(name, "no conformer reached a minimum of the force field")
                        continue
                    done += 1
                    yield to_ensemble(molecule)
                    context.report(Progress(done, self.num_molecules))


def _locate() -> tuple[str, Path]:
    """Return the first file of molecules that is here as it is known: its name in RDKit's data directory, its path."""
    with needs_extra("molecules"):
        from rdkit import RDConfig
    for name, expected in FILES.items():
        path = Path(RDConfig.RDDataDir) / name
        if path.is_file() and file_digest(path) == expected:
            return name, path
    raise UserError(
        f"The molecules that RDKit brings, {' and '.join(FILES)}, are absent from {RDConfig.RDDataDir}, or others. "
        "Install rdkit from PyPI, or use molecules of your own: ConformerFiles."
    )


def _read(path: Path) -> list[str]:
    """Return the SMILES of a file, the first entry of every line."""
    with path.open(newline="", encoding="utf-8") as file:
        return [row[0] for row in csv.reader(file, delimiter="," if path.suffix == ".csv" else "\t") if row]

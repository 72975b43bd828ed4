"""Conformers in SDF files, as RDKit, PyMOL and most other programs of chemistry read and write them."""

import gzip
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from genloop.data.extras import needs_extra
from genloop.data.molecules.chemistry import Unusable, to_ensemble, to_rdkit
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.graphs import Graphs
from genloop.data.molecules.plausible import checked
from genloop.data.reading import SHOWN, reason
from genloop.errors import UserError

with needs_extra("molecules"):
    from rdkit import Chem

NAME = "_Name"  # what RDKit calls the title line
SMILES = "smiles"
MAX_LETTERS = 1 << 24  # of a record, properties included: more than the largest molecule needs
COUNTS = re.compile(r"^M  V30 COUNTS +(\d+) +(\d+)", re.MULTILINE)


def read_sdf(path: Path) -> Iterator[Ensemble | Dropped]:
    """Iterate over the records of an `.sdf` or `.sdf.gz` file, each one conformer.

    Raises:
        UserError: if the file is no SDF, or ends too soon.
    """
    num_records = 0
    for num_records, record in enumerate(_records(path), start=1):
        found = _read_record(f"record {num_records} of {path.name}", record)
        yield found if isinstance(found, Dropped) else checked(found, f"record {num_records} of {path.name}")
    if num_records == 0:
        raise UserError(f"{path} holds no molecule. Give a file of conformers.")


def read_known(path: Path, graphs: Graphs) -> MoleculeDataset:
    """Read conformations of molecules that are known, in files of `write_sdf` or of others.

    A record that is titled as one of the molecules and numbers its atoms alike is taken as it is, whatever the
    stereochemistry of its coordinates; any other one by its own SMILES, its atoms in the order of the molecule.

    Raises:
        UserError: if the file is no SDF, or a record cannot be used or is of no known molecule.
    """
    numbers = {name: number for number, name in enumerate(graphs.names)}
    found = [_known(path, place, record, graphs, numbers) for place, record in enumerate(_records(path), start=1)]
    if not found:
        raise UserError(f"{path} holds no molecule. Give a file of conformers.")
    graph_ids, coordinates = zip(*found, strict=True)
    return MoleculeDataset.of(graphs, np.array(graph_ids), np.concatenate(coordinates))


def _known(path: Path, place: int, record: str, graphs: Graphs, numbers: Mapping[str, int]) -> tuple[int, np.ndarray]:
    titled = numbers.get(record.split("\n", 1)[0].strip())
    if titled is not None and (coordinates := _as_numbered(record, graphs, titled)) is not None:
        return titled, coordinates
    ensemble = _read_record(f"record {place} of {path.name}", record)
    if isinstance(ensemble, Dropped):
        raise UserError(f"{ensemble.name} cannot be used: {ensemble.reason}. Correct it, or leave it out.")
    if (name := ensemble.graph.name) not in numbers:
        raise UserError(
            f"record {place} of {path.name} is {name}, none of the {len(numbers):,} training molecules. Leave it out."
        )
    return numbers[name], ensemble.coordinates[0]


def _as_numbered(record: str, graphs: Graphs, number: int) -> np.ndarray | None:
    """Return the coordinates of a record, shape (atom, 3), if its atoms and bonds are those of a molecule in order."""
    molecule = _parsed(record)
    if molecule is None or not molecule.GetNumConformers():
        return None
    types = [atom.GetAtomicNum() for atom in molecule.GetAtoms()]
    bonds = {tuple(sorted((bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()))) for bond in molecule.GetBonds()}
    known = set(map(tuple, graphs.bonds_of(number)[0].tolist()))
    coordinates = molecule.GetConformer().GetPositions()
    is_alike = types == graphs.types_of(number).tolist() and bonds == known
    return coordinates if is_alike and np.isfinite(coordinates).all() else None


def _records(path: Path) -> Iterator[str]:
    lines: list[str] = []
    try:
        opened = gzip.open if path.suffix.lower() == ".gz" else open
        with opened(path, "rt", encoding="utf-8", errors="replace") as file:
            num_letters = 0
            while line := file.readline(MAX_LETTERS):
                num_letters += len(line)
                if num_letters > MAX_LETTERS:
                    raise UserError(f"{path} has a record of more than {MAX_LETTERS:,} letters, which is no molecule.")
                if line.startswith("$$$$"):
                    yield "".join(lines)
                    lines, num_letters = [], 0
                else:
                    lines.append(line)
    except (OSError, EOFError, zlib.error) as problem:
        raise UserError(f"{path} cannot be read: {reason(problem)}. Write it again.") from problem
    if any(map(str.strip, lines)):
        yield "".join(lines)


def _read_record(place: str, record: str) -> Ensemble | Dropped:
    molecule = _parsed(record)
    if molecule is None:
        return Dropped(place, "RDKit cannot read it")
    title = molecule.GetProp(NAME).strip()[:SHOWN]
    name = f"{place} ({title})" if title else place
    try:
        return to_ensemble(molecule)
    except Unusable as problem:
        return Dropped(name, str(problem))


def _declares_too_much(record: str) -> bool:
    """Whether a record announces more atoms and bonds than it has lines, for which RDKit would make room."""
    num_lines = record.count("\n") + 1
    return any(int(atoms[:20]) + int(bonds[:20]) > num_lines for atoms, bonds in COUNTS.findall(record))


def _parsed(record: str) -> Chem.Mol | None:
    if _declares_too_much(record):
        return None
    try:
        return Chem.MolFromMolBlock(record, removeHs=False)
    except (RuntimeError, ValueError, SystemError):  # of its assertions, or of a log that cuts a character in two
        return None


def write_sdf(
    data: MoleculeDataset, path: Path, properties: Callable[[int], Mapping[str, Any]] = lambda index: {}
) -> None:
    """Write every conformation as one record, titled and marked with its molecule's SMILES.

    The stereochemistry of a record is that of its own coordinates, which need not be that of the SMILES: a model of
    distances cannot tell mirror images apart.

    Args:
        data: the conformations.
        path: the file.
        properties: of the record at each index, such as iteration and model.
    """
    with path.open("w", encoding="utf-8") as file:
        for index, graph in enumerate(data.graph_ids(np.arange(len(data))).tolist()):
            smiles = data.graphs.names[graph]
            molecule = to_rdkit(data.graphs, graph, [data.coordinates(index)])
            Chem.AssignStereochemistryFrom3D(molecule)
            molecule.SetProp(NAME, smiles)
            file.write(Chem.MolToMolBlock(molecule))
            for name, value in {SMILES: smiles, **properties(index)}.items():
                file.write(f">  <{name}>\n{value}\n\n")
            file.write("$$$$\n")

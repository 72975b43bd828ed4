"""What the pickles of GEOM-Drugs and of GeoDiff hold, as conformers.

GEOM's folder has a dictionary for each molecule, whose `conformers` have an `rd_mol` and a `boltzmannweight`. GeoDiff's
lists have one `torch_geometric` data object for each conformer, with `rdmol`, `smiles` and the coordinates `pos`.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from genloop.data.molecules.chemistry import Unusable, conformer, to_ensemble
from genloop.data.molecules.ensemble import Dropped, Ensemble
from genloop.data.molecules.pickles import Data, fields_of, load_records, to_array, to_molecule, to_number
from genloop.data.molecules.plausible import checked
from genloop.errors import UserError

Report = Callable[[int], None]


def read_folder(
    folder: Path, pickles: Mapping[str, str], num_conformers: int, report: Report
) -> Iterator[Ensemble | Dropped]:
    """Iterate over the likeliest conformers of some molecules, whose pickles lie in `folder`.

    Raises:
        Refused: if a pickle asks for what it does not need.
    """
    for done, (name, written) in enumerate(pickles.items(), start=1):
        try:
            conformers = _likeliest(_conformers(folder, written), num_conformers)
        except Unusable as problem:
            yield Dropped(name, str(problem))
        else:
            yield from (_read(name, lambda item=item: to_molecule(item.get("rd_mol"))) for item in conformers)
        report(done)


def _conformers(folder: Path, written: str) -> list[dict[str, Any]]:
    try:
        path = (folder / written).resolve()
        is_missing = not path.is_file()
    except (OSError, ValueError) as problem:  # a locked folder, or what is no path
        raise Unusable("its pickle cannot be found") from problem
    if not path.is_relative_to(folder.resolve()):
        raise Unusable("its pickle lies outside the folder")
    if is_missing:
        raise Unusable("its pickle is missing")
    content = load_records(path)
    conformers = content.get("conformers") if isinstance(content, dict) else None
    if not isinstance(conformers, list) or not all(isinstance(item, dict) for item in conformers):
        raise Unusable("its pickle lists no conformers")
    return conformers


def _likeliest(conformers: Sequence[dict[str, Any]], num: int) -> list[dict[str, Any]]:
    return sorted(conformers, key=lambda item: -to_number(item.get("boltzmannweight", 0)))[:num]


def read_list(path: Path) -> dict[str, list[Data]]:
    """Return the data objects of a list, by their SMILES.

    Raises:
        Refused: if the pickle asks for what it does not need.
        UserError: if it is no list of data objects.
    """
    try:
        content = load_records(path)
    except Unusable as problem:
        raise UserError(f"{path}: {problem}; it is cut, damaged, or no pickle. Get it from its publisher.") from problem
    if not isinstance(content, list) or not content or not all(isinstance(item, Data) for item in content):
        raise UserError(f"{path} is no list of torch_geometric data objects. Name a file such as train_data_40k.pkl.")
    groups: dict[str, list[Data]] = {}
    for number, item in enumerate(content):
        groups.setdefault(str(fields_of(item).get("smiles", f"object {number}")), []).append(item)
    return groups


def read_groups(
    groups: Mapping[str, Sequence[Data]], num_conformers: int, report: Report
) -> Iterator[Ensemble | Dropped]:
    """Iterate over the first conformers of every molecule."""
    for done, (name, items) in enumerate(groups.items(), start=1):
        yield from (_read(name, lambda item=item: _positioned(fields_of(item))) for item in items[:num_conformers])
        report(done)


def _positioned(fields: Mapping[str, Any]) -> Any:
    molecule, coordinates = to_molecule(fields.get("rdmol")), to_array(fields.get("pos"))
    if coordinates.shape != (molecule.GetNumAtoms(), 3):
        raise Unusable("its coordinates are not those of its atoms")
    molecule.RemoveAllConformers()
    molecule.AddConformer(conformer(coordinates))
    return molecule


def _read(name: str, molecule: Callable[[], Any]) -> Ensemble | Dropped:
    try:
        return checked(to_ensemble(molecule()), name)
    except Unusable as problem:
        return Dropped(name, str(problem))

"""Packages that offer names to genloop, installed for a while."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from genloop import catalog
from genloop.catalog import Entry, Names

Offers = Mapping[str, Mapping[str, str]]
TOYS: Offers = {
    "genloop.sources": {"toy": "toys:NormalSource"},
    "genloop.estimators": {"toy": "toys:Normal"},
    "genloop.metrics": {name.lower(): f"toys:{name}" for name in ("NormalLoss", "SampleMean", "SampleLoss")},
}


@contextmanager
def installed(folder: Path, offers: Offers, *, distribution: str = "toys", version: str = "1.0") -> Iterator[None]:
    """Install the metadata of a package into a folder: names and places by group, such as `genloop.metrics`."""
    about = folder / f"{distribution.replace('-', '_')}-{version}.dist-info"
    about.mkdir(parents=True)
    (about / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: {version}\n")
    groups = [
        f"[{group}]\n" + "".join(f"{name} = {place}\n" for name, place in names.items())
        for group, names in offers.items()
    ]
    (about / "entry_points.txt").write_text("\n".join(groups))
    sys.path.insert(0, str(folder))
    catalog.look_again()
    try:
        yield
    finally:
        sys.path.remove(str(folder))
        catalog.look_again()


class Only(Names):
    """Names of one kind that stand for these places and nothing else."""

    def __init__(self, kind: str, places: Mapping[str, str]) -> None:
        super().__init__(kind, "only")
        self._places = places

    def __getitem__(self, name: str) -> list[Entry]:
        return [Entry(name, self._places[name], catalog.OWN, "0")]

    def __iter__(self) -> Iterator[str]:
        return iter(self._places)

    def __len__(self) -> int:
        return len(self._places)

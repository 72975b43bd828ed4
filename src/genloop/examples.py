"""Examples of a run as they are shown and exchanged, whatever they are: texts, pictures, molecules or rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True, eq=False)
class Conformation:
    """A molecule in space.

    Attributes:
        molecule: its number among those of the real training data, the same in all data of a run.
        name: what to call it.
        types: atomic numbers, shape (atom,).
        bonds: atoms joined by each bond, shape (bond, 2).
        coordinates: in angstrom, shape (atom, 3).
        real: coordinates that real data have of the same molecule, onto which it is turned to be looked at.
    """

    molecule: int
    name: str
    types: "np.ndarray"
    bonds: "np.ndarray"
    coordinates: "np.ndarray"
    real: "np.ndarray"


@dataclass(frozen=True, eq=False)
class Examples:
    """Some examples, ready to be looked at: a domain fills what its examples are, and leaves the rest empty.

    Attributes:
        texts: as they are.
        images: arrays of shape (row, column, channel), uint8; one channel for grey, three for RGB.
        conformations: of different molecules.
        rows: of numbers, each under `columns`.
        columns: names of the numbers in a row.
        about: what they are, or of what; empty where that goes without saying.
    """

    texts: Sequence[str] = ()
    images: "Sequence[np.ndarray]" = ()
    conformations: Sequence[Conformation] = ()
    rows: Sequence[Sequence[float]] = ()
    columns: Sequence[str] = ()
    about: str = ""


@dataclass(frozen=True)
class Origins:
    """Who made the examples that are written to a file.

    Attributes:
        records: what is written beside examples. The weight of an example, a whole number from 1, says which.
        facts: of all examples, for formats that have a place for them.
    """

    records: Sequence[Mapping[str, Any]] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    def of(self, weight: float) -> Mapping[str, Any]:
        """Return what is written beside an example of this weight."""
        return self.records[round(weight) - 1] if self.records else {}

    @property
    def columns(self) -> Sequence[str]:
        """Names of what is written beside examples."""
        return tuple(self.records[0]) if self.records else ()

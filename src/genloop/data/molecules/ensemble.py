"""What a reader makes of a molecule: its conformers, or why they are not used."""

from dataclasses import dataclass

import numpy as np

from genloop.data.molecules.graphs import Graph


@dataclass(frozen=True, eq=False)
class Ensemble:
    """Conformers of one molecule.

    Attributes:
        graph: the molecule.
        coordinates: in angstrom, shape (conformer, atom, 3), float32.
    """

    graph: Graph
    coordinates: np.ndarray


@dataclass(frozen=True)
class Dropped:
    """A molecule that was read and is not used, and why."""

    name: str
    reason: str

"""Whether conformations are possible at all, and how long their bonds and how wide their angles are."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.plausible import CLOSEST, LONGEST, SHORTEST, bond_ratios, covalent_radii, unbonded_pairs
from genloop.errors import UserError
from genloop.metrics.internal_coordinates import by_kind, mean_distance
from genloop.types import Context, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, SHARE, Value

RADII = ("cordero2008covalent",)


@dataclass(frozen=True)
class Geometry:
    """How many conformations are broken, and how far bond lengths and angles are from the real ones.

    A bond is bad if it is shorter than 0.75 or longer than 1.25 times the sum of its atoms' covalent radii. Two atoms
    without a bond clash if they are closer than 1.2 times theirs. A conformation with either is broken.

    `bond_wasserstein` and `angle_wasserstein` are distances between the distributions in the samples and in real test
    conformations, of each kind of bond (elements and order) and angle (elements, and neighbours of the middle atom),
    averaged over kinds as frequent as in the test data. Samples are of training molecules, so even those of a perfect
    model differ from test molecules: the noise floor has real conformations of training molecules.

    Attributes:
        num_conformations: of the samples to look at, from the first, and of the test data.
    """

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "conformation"
    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values = (
        Value("broken", "share of conformations", "higher", LOSS, rank=3, citations=RADII, bounds=SHARE),
        Value("bad_bonds", "share of bonds", "higher", LOSS, rank=3, citations=RADII, bounds=SHARE),
        Value("clashes", "pairs/conformation", "higher", LOSS, rank=3, citations=RADII, bounds=NOT_NEGATIVE),
        Value("bond_wasserstein", "angstrom", "higher", LOSS, rank=2, bounds=NOT_NEGATIVE),
        Value("angle_wasserstein", "degrees", "higher", LOSS, rank=2, bounds=NOT_NEGATIVE),
    )
    about = "conformations by model_t of training molecules | real test molecules"

    num_conformations: int = 2000

    def __post_init__(self) -> None:
        if self.num_conformations < 1:
            raise UserError(f"num_conformations={self.num_conformations} leaves nothing to look at. Use 1 or more.")

    @property
    def most_examples(self) -> int:
        return self.num_conformations

    def score(self, evidence: Evidence[MoleculeDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        samples, test = (
            data.slice(0, min(self.num_conformations, len(data))) for data in (evidence.samples, evidence.test)
        )
        num_bonds, num_bad, num_clashes = np.concatenate(list(_problems(samples))).T
        bonds, angles = map(mean_distance, by_kind(samples), by_kind(test))
        return {
            "broken": float(np.mean(num_bad + num_clashes > 0)),
            "bad_bonds": float(np.sum(num_bad) / np.sum(num_bonds)),
            "clashes": float(np.mean(num_clashes)),
            "bond_wasserstein": bonds,
            "angle_wasserstein": angles,
        }


def _problems(data: MoleculeDataset) -> Iterator[np.ndarray]:
    """Iterate over molecules: of each conformation the bonds, the bad ones, and the clashes, (conformation, 3)."""
    radii = covalent_radii()
    for graph, coordinates in data.by_molecule():
        radius = radii[data.graphs.types_of(graph)]
        bonds, _ = data.graphs.bonds_of(graph)
        pairs = unbonded_pairs(len(radius), bonds)
        bond_ratio, pair_ratio = (bond_ratios(coordinates, radius, each) for each in (bonds, pairs))
        is_good = (bond_ratio >= SHORTEST) & (bond_ratio <= LONGEST)  # false where a coordinate is not finite
        num_clashes = np.sum(~(pair_ratio >= CLOSEST), axis=1)
        yield np.stack([np.full(len(coordinates), len(bonds)), np.sum(~is_good, axis=1), num_clashes], axis=1)

"""Whether a model finds the conformers of molecules that it was not fitted on.

COV and MAT of GeoDiff (Xu et al. 2022, equations 12 and 13; Ganea et al. 2021), over test molecules, each with twice as
many generated conformers as it has real ones.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.errors import UserError
from genloop.metrics.replicates import mean
from genloop.types import Context, Evidence, Model
from genloop.values import DIVERSITY, LOSS, NOT_NEGATIVE, SHARE, Measured, Value

RATIO = 2  # generated conformers for each real one, as in GeoDiff
CITATIONS = ("xu2021learning", "ganea2021geomol")
VALUES = (
    Value("coverage_recall", "share of conformers", "lower", DIVERSITY, citations=CITATIONS, bounds=SHARE),
    Value(
        "matching_recall",
        "angstrom",
        "higher",
        DIVERSITY,
        rank=2,
        citations=CITATIONS,
        bounds=NOT_NEGATIVE,
    ),
    Value(
        "coverage_precision",
        "share of conformers",
        "lower",
        LOSS,
        rank=5,
        citations=CITATIONS,
        bounds=SHARE,
    ),
    Value("matching_precision", "angstrom", "higher", LOSS, rank=4, citations=CITATIONS, bounds=NOT_NEGATIVE),
)

ENDINGS = ("_real", "_half")
UNITS = [value.unit for value in VALUES] * len(ENDINGS)


@dataclass(frozen=True)
class Coverage:
    """COV and MAT, recall and precision, in the distance of heavy atoms that is least over rotations and equal atoms.

    `coverage_recall` is the share of a molecule's real conformers with a generated one closer than the threshold, and
    `matching_recall` the mean distance from a real one to the nearest generated. Precision is the same with real and
    generated exchanged. All are averaged over molecules, and have standard errors over them.

    The values that end in `_real` are what real conformers score: one half of each molecule's in the place of the
    generated, against the other half. A model makes four times as many attempts and is compared with twice as many real
    conformers, so it may score better than they do; the values that end in `_half` are of as many of its attempts as
    there are real ones in their place, against the same half, and these compare. Both lack molecules with a single
    conformer.

    Attributes:
        threshold: in angstrom; 1.25 is the one for drugs.
        num_molecules: test molecules to look at, from the first; None takes all.
    """

    version: ClassVar[int] = 2  # 2: values at the size of the real ones
    examples: ClassVar[str] = "conformation"
    wants: ClassVar[Mapping[str, str]] = {"conditions": "samples of given molecules"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})

    threshold: float = 1.25
    num_molecules: int | None = None

    def __post_init__(self) -> None:
        if not self.threshold > 0:
            raise UserError(f"threshold={self.threshold} is no distance. Use angstroms, such as 1.25.")
        if self.num_molecules is not None and self.num_molecules < 1:
            raise UserError(f"num_molecules={self.num_molecules} leaves nothing to look at. Use a positive number.")

    @property
    def values(self) -> tuple[Value, ...]:
        others = (f"{value.name}{ending}" for ending in ENDINGS for value in VALUES)
        return (*VALUES, *(Value(name, unit, citations=CITATIONS) for name, unit in zip(others, UNITS, strict=True)))

    @property
    def about(self) -> str:
        return f"conformers by model_t of test molecules | real conformers, within {self.threshold:g} angstrom"

    def score(
        self, evidence: Evidence[MoleculeDataset, Model[MoleculeDataset]], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        real = _of_first_molecules(evidence.test, self.num_molecules)
        wanted = real.take(np.repeat(np.arange(len(real)), RATIO))
        generated = evidence.model.sample(len(wanted), seed=seed, conditions=wanted, context=context)
        scores, real_scores, equal_scores = [], [], []
        for distances, num_real in _distances(real, generated):
            half = num_real // 2
            scores.append(self._score(distances[:num_real, num_real:]))
            if half:
                real_scores.append(self._score(distances[:half, half:num_real]))
                equal_scores.append(self._score(distances[:half, num_real : 2 * num_real - half]))
        named = (_named(*each) for each in zip(("", *ENDINGS), (scores, real_scores, equal_scores), strict=True))
        return {name: values for found in named for name, values in found.items()}

    def _score(self, distances: np.ndarray) -> np.ndarray:
        """Return the four values, of distances between real (rows) and generated conformers (columns)."""
        nearest = distances.min(axis=1), distances.min(axis=0)
        return np.array([value for each in nearest for value in (np.mean(each <= self.threshold), np.mean(each))])


def _named(ending: str, scores: Sequence[np.ndarray]) -> dict[str, Measured]:
    """Return the means over all molecules by name; NaN where there are none."""
    columns = np.array(scores or [np.full(4, np.nan)]).T
    return {value.name + ending: mean(column) for value, column in zip(VALUES, columns, strict=True)}


def _of_first_molecules(test: MoleculeDataset, num: int | None) -> MoleculeDataset:
    ids = test.graph_ids(np.arange(len(test)))
    first = list(dict.fromkeys(ids.tolist()))[:num]
    return test.take(np.flatnonzero(np.isin(ids, first)))


def _distances(real: MoleculeDataset, generated: MoleculeDataset) -> Iterator[tuple[np.ndarray, int]]:
    """Iterate over the distances of each molecule's conformers, the real ones first, and how many these are."""
    from genloop.data.molecules.chemistry import to_rdkit
    from genloop.data.molecules.rmsd import best_rmsds

    attempts = dict(generated.by_molecule())
    for graph, references in real.by_molecule():
        conformers = np.concatenate([references, attempts[graph]])
        distances = best_rmsds(to_rdkit(real.graphs, graph, np.nan_to_num(conformers)))
        is_broken = ~np.isfinite(conformers).reshape(len(conformers), -1).all(axis=1)
        distances[is_broken] = distances[:, is_broken] = np.inf
        yield distances, len(references)

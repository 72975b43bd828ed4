"""Small molecules with conformers, and files of them."""

import gzip
import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from rdkit import Chem
from rdkit.Chem import AllChem

from genloop.data.molecules.chemistry import to_rdkit
from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.domain import MoleculeDomain
from genloop.data.molecules.graphs import Graphs
from genloop.data.molecules.source import MoleculeSource
from genloop.types import Context, Cost, Progress


@cache
def embedded(smiles: str, num: int = 2, seed: int = 1) -> Chem.Mol:
    """Return a molecule with hydrogens and conformers, always the same one: copy it before a change."""
    molecule = Chem.AddHs(Chem.MolFromSmiles(smiles))
    assert len(AllChem.EmbedMultipleConfs(molecule, num, randomSeed=seed)) == num
    return molecule


def shuffled(molecule: Chem.Mol, seed: int) -> Chem.Mol:
    """Return the molecule with its atoms in another order."""
    order = np.random.default_rng(seed).permutation(molecule.GetNumAtoms())
    return Chem.RenumberAtoms(molecule, order.tolist())


def write(path: Path, molecules: list[Chem.Mol]) -> Path:
    """Write all conformers as records of a `.sdf` or `.sdf.gz` file."""
    text = "".join(
        Chem.MolToMolBlock(molecule, confId=conformer.GetId()) + "$$$$\n"
        for molecule in molecules
        for conformer in molecule.GetConformers()
    )
    path.write_text(text) if path.suffix == ".sdf" else path.write_bytes(gzip.compress(text.encode()))
    return path


def prepared(source: MoleculeSource, directory: Path) -> tuple[MoleculeDataset, MoleculeDataset, dict[str, Any]]:
    """Return train and test of a source, and what it says of them."""
    directory.mkdir()
    source.prepare(directory, Context())
    info = json.loads((directory / "info.json").read_text())
    domain = source.open(directory)
    return domain.prepared("train"), domain.prepared("test"), info


def best_rms(graphs: Graphs, graph: int, coordinates: np.ndarray, molecule: Chem.Mol, conformer: int) -> float:
    """Return the smallest distance between coordinates and a conformer, over rotations and equal atoms."""
    return AllChem.GetBestRMS(to_rdkit(graphs, graph, [coordinates]), Chem.Mol(molecule), refId=conformer)


@dataclass(frozen=True)
class NoisyMolecule:
    """Samples the conformations that it was fitted on, or the conditions, with noise.

    Attributes:
        data: what it was fitted on.
        noise: standard deviation in angstrom.
    """

    data: MoleculeDataset
    noise: float
    status: str = "fitted"

    def sample(
        self, num: int, *, seed: int, conditions: MoleculeDataset | None = None, context: Context
    ) -> MoleculeDataset:
        data = self.data if conditions is None else conditions
        read = data.read(np.resize(np.arange(len(data)), num))
        context.report(Progress(num, num))
        noise = np.random.default_rng(seed).normal(scale=self.noise, size=read.coordinates.shape)
        return MoleculeDataset.of(data.graphs, read.graph_ids, read.coordinates + noise)

    def mean_loss(self, data: MoleculeDataset, *, seed: int, context: Context) -> float:
        return self.noise**2 * len(data) + seed

    def save(self, directory: Path) -> None:
        self.data.save(directory)


@dataclass(frozen=True)
class NoisyMolecules:
    """The estimator of `NoisyMolecule`."""

    noise: float = 0.05

    def fit_identity(self, num_examples: int) -> object:
        return {"type": "noisy"}

    def sample_identity(self) -> object:
        return {"noise": self.noise}

    def fit(self, train: MoleculeDataset, *, seed: int, context: Context) -> NoisyMolecule:
        return NoisyMolecule(train, self.noise)

    def load(self, directory: Path, domain: MoleculeDomain, context: Context) -> NoisyMolecule:
        return NoisyMolecule(MoleculeDataset.open(directory, domain.graphs), self.noise)

    def fit_cost(self, num_examples: int, domain: MoleculeDomain | None) -> Cost:
        return Cost(num_examples)

    def sample_cost(self, num_examples: int, domain: MoleculeDomain | None) -> Cost:
        return Cost(num_examples)

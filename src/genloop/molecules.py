"""Molecules: conformations, a geometric diffusion model and what is measured of it (extra `molecules`)."""

from genloop.data.molecules.dataset import MoleculeDataset
from genloop.data.molecules.domain import MoleculeDomain
from genloop.data.molecules.drug_like import DrugLike
from genloop.data.molecules.files import ConformerFiles
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.families.geodiff.estimator import GeoDiff
from genloop.metrics.coverage import Coverage
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.geometry import Geometry

__all__ = [
    "ConformerFiles",
    "Coverage",
    "DenoisingLoss",
    "DrugLike",
    "GeoDiff",
    "GeomDrugs",
    "Geometry",
    "MoleculeDataset",
    "MoleculeDomain",
]

"""GeoDiff on conformations of drugs: in minutes on a laptop, and section 3.2 of arXiv 2404.01413."""

from genloop.data.molecules.drug_like import DrugLike
from genloop.data.molecules.geom_drugs import GeomDrugs
from genloop.experiment import Experiment
from genloop.families.geodiff.estimator import GeoDiff
from genloop.metrics.coverage import Coverage
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.geometry import Geometry
from genloop.policies import Accumulate, Replace


def conformers() -> Experiment:
    """Replace against accumulate on force-field geometries of drug-like molecules: a small GeoDiff, in minutes."""
    return Experiment(
        name="conformers",
        source=DrugLike(num_molecules=300, num_conformers=4),
        estimator=GeoDiff(width=32, num_global=3, num_local=2, epochs=40, batch=16, learning_rate=1e-2),
        policies=(Replace(), Accumulate()),
        metrics=(DenoisingLoss(), Geometry(), Coverage(num_molecules=20)),
        num_iterations=4,
        num_samples=400,
    )


def geodiff_paper() -> Experiment:
    """The study's GeoDiff on 40,000 conformations of GEOM-Drugs: --set source.train=train_data_40k.pkl.

    From the study: the model, the number of conformations, 50 steps of sampling, 8 iterations. Network, noise and
    batches are those of GeoDiff for GEOM-Drugs. How long a fit is, the study does not say; 100 epochs are ours.
    """
    return Experiment(
        name="geodiff-paper",
        source=GeomDrugs(train="YOUR_GEOM/train_data_40k.pkl", test="YOUR_GEOM/test_data_1k.pkl"),
        estimator=GeoDiff(epochs=100),
        policies=(Replace(), Accumulate()),
        metrics=(DenoisingLoss(), Geometry(), Coverage(num_molecules=200)),
        num_iterations=8,
        num_samples=40_000,
    )

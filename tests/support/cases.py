"""One small experiment of every family; a new family adds a line here and must pass everything in this folder."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from own_model import EXPERIMENT as OWN_MODEL
from toys import experiment as toy

from genloop.data.images.digits import Digits
from genloop.data.known import Blobs, Circles, Clusters, Counts, Moons, Normal, Types
from genloop.data.molecules.drug_like import DrugLike
from genloop.data.regression.source import Regression
from genloop.data.text.bible import Bible
from genloop.data.text.grammar import StoryGrammar
from genloop.experiment import Experiment
from genloop.families.geodiff.estimator import GeoDiff
from genloop.families.geodiff.sampling import Sampling
from genloop.families.kernel_regression import KernelRegression
from genloop.families.linear import LinearRegression, MinNorm, Ridge
from genloop.families.lm.causal_lm import CausalLM
from genloop.families.lm.gpt2 import GPT2
from genloop.families.lm.llama import Llama
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.mixture import GaussianMixture
from genloop.families.statistical.ngram import NGram
from genloop.families.statistical.poisson import PoissonCounts
from genloop.families.vae.estimator import VAE
from genloop.metrics.categorical import Entropy, Support, TableError
from genloop.metrics.copying import Copying
from genloop.metrics.denoising import DenoisingLoss
from genloop.metrics.diversity import Diversity
from genloop.metrics.fidelity import EncoderFidelity, PixelFidelity
from genloop.metrics.geometry import Geometry
from genloop.metrics.image_loss import ImageLoss
from genloop.metrics.learning_curve import LearningCurve
from genloop.metrics.modes import Modes
from genloop.metrics.regression import TestError
from genloop.metrics.self_bleu import SelfBLEU
from genloop.metrics.statistical import Covariance, KLDivergence, Moments, NegativeLogLikelihood, Tails, Wasserstein
from genloop.metrics.text import SampleLoss, TestLoss
from genloop.metrics.vocabulary import RareTypes, TailMass
from genloop.policies import Accumulate, Replace
from genloop.types import Estimator, Source

TEXT_METRICS = (
    TestLoss(num_tokens=500),
    SampleLoss(),
    Diversity(),
    SelfBLEU(),
    Copying(),
    TailMass(),
    RareTypes(),
)
SMALL_GPT2 = GPT2(width=16, num_layers=1, num_heads=2, context=16, epochs=1)


def _gpt2() -> Experiment:
    source = StoryGrammar(num_train=100, num_test=20, vocabulary=300)
    return Experiment("gpt2", source, SMALL_GPT2, (Replace(), Accumulate()), TEXT_METRICS, 2, num_samples=1500)


def _llama() -> Experiment:
    estimator = Llama(width=16, num_layers=1, num_heads=2, context=16, epochs=1, inner=40, snapshots=3)
    metrics = (*TEXT_METRICS, LearningCurve(num_tokens=500, num_points=3))
    return replace(_gpt2(), name="llama", estimator=estimator, metrics=metrics)


def _causal_lm() -> Experiment:
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    estimator = CausalLM(config="gpt_neox", settings=sizes | {"hidden_dropout": 0.1}, context=16, epochs=1, snapshots=3)
    return replace(_llama(), name="causal-lm", estimator=estimator)


def _ngram() -> Experiment:
    return replace(_gpt2(), name="ngram", estimator=NGram())


def _geodiff() -> Experiment:
    estimator = GeoDiff(width=4, num_global=1, num_local=1, batch=4, epochs=2, sampling=Sampling(num_steps=3))
    source, metrics = DrugLike(num_molecules=5, num_conformers=2), (DenoisingLoss(), Geometry())
    return Experiment("geodiff", source, estimator, (Replace(), Accumulate()), metrics, 2, num_samples=6)


def _vae() -> Experiment:
    estimator = VAE(channels=(4, 8), latent=3, epochs=1)
    metrics = (ImageLoss(num_images=100), Modes(num_images=50), PixelFidelity(num_images=50), EncoderFidelity(50))
    return Experiment("vae", Digits(resolution=16), estimator, (Replace(), Accumulate()), metrics, 2, num_samples=200)


def _statistical(name: str, source: Source, estimator: Estimator) -> Experiment:
    metrics = (NegativeLogLikelihood(), Moments(), KLDivergence(), Wasserstein(), Tails(), Covariance())
    return Experiment(name, source, estimator, (Replace(), Accumulate()), metrics, 3, num_samples=20)


def _discrete() -> Experiment:
    metrics = (NegativeLogLikelihood(), TableError(), Support(), Entropy())
    estimator = Discrete(num_types=5, smoothing=0.1, temperature=0.9)
    return replace(_statistical("discrete", Types(num_replicates=3), estimator), metrics=metrics)


def _linear(estimator: Estimator, design: Literal["reused", "fresh"] = "reused") -> Experiment:
    source = Regression(dimension=3, num_train=40, num_test=20, num_replicates=3, design=design)
    return Experiment("linear", source, estimator, (Replace(), Accumulate()), (TestError(),), 3, num_samples=30)


def _min_norm() -> Experiment:
    return replace(_linear(MinNorm()), source=Regression(dimension=45, num_train=40, num_test=20, num_replicates=3))


# Sources that come with the package, beside those that a family has above.
SOURCES: tuple[Source, ...] = (
    Bible(vocabulary=300),
    Digits(),
    Blobs(num_replicates=3),
    Moons(num_replicates=3),
    Circles(num_replicates=3),
)
CASES: dict[str, Callable[[], Experiment]] = {
    "toy": toy,
    "own-model": lambda: OWN_MODEL,
    "gpt2": _gpt2,
    "llama": _llama,
    "causal-lm": _causal_lm,
    "ngram": _ngram,
    "vae": _vae,
    "geodiff": _geodiff,
    "gaussian": lambda: _statistical("gaussian", Normal(num_replicates=3), Gaussian(narrowing=0.9)),
    "mixture": lambda: _statistical("mixture", Clusters(num_replicates=3), GaussianMixture()),
    "kde": lambda: _statistical("kde", Normal(dimension=2, num_replicates=3), KDE()),
    "discrete": _discrete,
    "linear-regression": lambda: _linear(LinearRegression()),
    "linear-regression-fresh": lambda: _linear(LinearRegression(), "fresh"),
    "ridge": lambda: _linear(Ridge(2.0)),
    "min-norm": _min_norm,
    "poisson": lambda: _statistical("poisson", Counts(num_replicates=3), PoissonCounts()),
    "kernel-regression": lambda: _linear(KernelRegression()),
}

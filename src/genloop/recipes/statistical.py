"""Families whose loops the theory predicts exactly: thousands of seeds in seconds, on any machine."""

from dataclasses import replace

from genloop.data.array_file import ArrayFile
from genloop.data.known import Normal, Zipf
from genloop.experiment import Experiment
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.ngram import NGram
from genloop.metrics.categorical import Entropy, Support, TableError
from genloop.metrics.statistical import Covariance, KLDivergence, Moments, NegativeLogLikelihood, Tails, Wasserstein
from genloop.policies import Accumulate, Replace
from genloop.recipes.stories import grammar


def gaussian() -> Experiment:
    """A normal distribution, T = 20, a thousand loops at once: replace loses the variance, accumulate keeps it."""
    return Experiment(
        name="gaussian",
        source=Normal(num_train=200),
        estimator=Gaussian(),
        policies=(Replace(), Accumulate()),
        metrics=(NegativeLogLikelihood(), Moments(), KLDivergence(), Wasserstein(), Tails(), Covariance()),
        num_iterations=20,
        num_samples=20,
    )


def zipf() -> Experiment:
    """A thousand types with Zipf frequencies, T = 1000: replace forgets the rare ones."""
    return Experiment(
        name="zipf",
        source=Zipf(num_replicates=100, num_test=2000),
        estimator=Discrete(num_types=1000, smoothing=1e-4),
        policies=(Replace(), Accumulate()),
        metrics=(NegativeLogLikelihood(), TableError(), Support(), Entropy()),
        num_iterations=20,
        num_samples=1000,
    )


def numbers() -> Experiment:
    """Your own numbers: --set source.train=FILE, numeric columns of a .csv or .npy file."""
    return Experiment(
        name="numbers",
        source=ArrayFile(train="YOUR_NUMBERS.csv"),
        estimator=KDE(),
        policies=(Replace(), Accumulate()),
        metrics=(NegativeLogLikelihood(), Moments(), Wasserstein(), Tails()),
        num_iterations=5,
        seeds=(0, 1, 2, 3, 4),
    )


def ngram() -> Experiment:
    """A trigram model on stories of known entropy: a language model that is fitted in a second, without a network."""
    return replace(grammar(), name="ngram", estimator=NGram(order=3))

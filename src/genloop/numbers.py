"""Numbers: distributions whose truth is known, tables of your own, regression, and what is measured of them."""

from genloop.data.array_file import ArrayFile
from genloop.data.arrays import ArrayDataset
from genloop.data.known import Blobs, Circles, Clusters, Counts, Moons, Normal, Types, Zipf
from genloop.data.numbers import NumberDomain
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.source import Regression
from genloop.families.kernel_regression import KernelRegression
from genloop.families.linear import LinearRegression, MinNorm, Ridge
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.mixture import GaussianMixture
from genloop.families.statistical.poisson import PoissonCounts
from genloop.metrics.categorical import Entropy, Support, TableError
from genloop.metrics.regression import ParameterError, TestError
from genloop.metrics.replicates import average
from genloop.metrics.statistical import Covariance, KLDivergence, Moments, NegativeLogLikelihood, Tails, Wasserstein

__all__ = [
    "KDE",
    "ArrayDataset",
    "ArrayFile",
    "Blobs",
    "Circles",
    "Clusters",
    "Counts",
    "Covariance",
    "Discrete",
    "Entropy",
    "Gaussian",
    "GaussianMixture",
    "KLDivergence",
    "KernelRegression",
    "LinearRegression",
    "MinNorm",
    "Moments",
    "Moons",
    "NegativeLogLikelihood",
    "Normal",
    "NumberDomain",
    "ParameterError",
    "PoissonCounts",
    "Regression",
    "RegressionDataset",
    "RegressionDomain",
    "Ridge",
    "Support",
    "TableError",
    "Tails",
    "TestError",
    "Types",
    "Wasserstein",
    "Zipf",
    "average",
]

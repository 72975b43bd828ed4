"""Means over replicates and how replicates lie around them, against NumPy."""

from dataclasses import astuple

import numpy as np
import pytest

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import NormalMixture
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.model import StatisticalModel
from genloop.metrics.replicates import average, mean, quantiles
from genloop.metrics.statistical import NegativeLogLikelihood
from genloop.types import Context, Evidence
from genloop.values import Quantiles

LEVELS = [0.05, 0.25, 0.5, 0.75, 0.95]


@pytest.mark.parametrize("num", [2, 3, 4, 21, 100, 1001])
def test_quantiles_are_numpy_s(num):
    values = np.random.default_rng(num).standard_cauchy(num)
    assert astuple(quantiles(values)) == pytest.approx(np.quantile(values, LEVELS))


def test_a_median_may_be_finite_where_the_mean_is_not():
    found = average({"loss": np.array([3.0, 1.0, np.inf, 2.0, np.inf])})["loss"]
    assert found.value == np.inf
    assert found.quantiles == Quantiles(q05=1.2, q25=2.0, median=3.0, q75=np.inf, q95=np.inf)


def test_replicates_without_a_number_have_no_quantiles():
    assert quantiles(np.array([1.0, np.nan, 2.0])) is None
    assert quantiles(np.array([1.0])) is None


def test_every_replicate_counts_by_its_mean():
    values = np.random.default_rng(0).standard_normal((7, 5))
    found = average({"x": values})["x"]
    means = values.mean(axis=1)
    assert found.value == pytest.approx(values.mean())
    assert found.standard_error == pytest.approx(np.std(means, ddof=1) / np.sqrt(7))
    assert astuple(found.quantiles) == pytest.approx(np.quantile(means, LEVELS))


def test_examples_of_one_replicate_are_no_replicates():
    """Their spread is that of losses within a loop, which says nothing of other loops."""
    values = np.random.default_rng(0).standard_normal((1, 50))
    found = average({"x": values})["x"]
    assert (found.value, found.standard_error) == (values.mean(), pytest.approx(values.std(ddof=1) / np.sqrt(50)))
    assert found.quantiles is None
    assert mean(values[0]).quantiles is None


def test_losses_of_replicates_are_recorded_with_their_quantiles():
    """Two replicates of means 0 and 2, tested on 0: losses log(2 pi) / 2, and 2 more."""
    truth = NormalMixture(np.ones((2, 1)), np.array([[[0.0]], [[2.0]]]), np.ones((2, 1, 1, 1)))
    evidence = Evidence(ArrayDataset.of(np.zeros((2, 3, 1))), model=StatisticalModel(truth, truth))
    found = NegativeLogLikelihood().score(evidence, seed=0, context=Context())["test_loss"]
    assert astuple(found.quantiles) == pytest.approx(np.log(2 * np.pi) / 2 + 2 * np.array(LEVELS))


def test_quartiles_of_fitted_variances_are_chi_squared():
    """n s^2 is chi-squared with n - 1 degrees of freedom; its quantiles by scipy."""
    from scipy.stats import chi2, norm

    num, replicates = 10, 20_000
    values = np.random.default_rng(1).standard_normal((replicates, num, 1))
    fitted = Gaussian(unbiased=True).fit(ArrayDataset.of(values), seed=0, context=Context()).distribution
    found = average({"variance": fitted.variance[:, 0]})["variance"].quantiles
    expected = chi2.ppf(LEVELS, num - 1) / (num - 1)
    density = chi2.pdf(chi2.ppf(LEVELS, num - 1), num - 1) * (num - 1)
    error = np.sqrt(np.array(LEVELS) * (1 - np.array(LEVELS)) / replicates) / density
    assert np.all(np.abs(np.array(astuple(found)) - expected) < norm.isf(1e-4) * error)

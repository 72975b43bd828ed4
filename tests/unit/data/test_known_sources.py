"""Sources of known distribution: shapes by their formulas, densities by SciPy, centres that differ by replicate."""

import numpy as np
import pytest
from scipy.special import ive
from scipy.stats import multivariate_normal, norm, poisson
from scoring import score

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Poisson
from genloop.data.known import Blobs, Circles, Counts, Moons
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict, to_dict
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.poisson import PoissonCounts
from genloop.metrics.statistical import Moments, NegativeLogLikelihood
from genloop.policies import Replace
from genloop.runs.runner import run
from genloop.types import Context


def drawn(source, num=500, seed=0):
    return source.truth().sample(num, np.random.default_rng(seed))


def test_centres_of_blobs_differ_by_replicate():
    source = Blobs(num_replicates=3, num_clusters=2, reach=5.0)
    means = source.truth().means
    assert means.shape == (3, 2, 2)
    assert len(np.unique(means)) == 12
    assert np.abs(means).max() <= 5
    assert np.array_equal(means, source.truth().means)
    assert not np.array_equal(means, Blobs(num_replicates=3, num_clusters=2, reach=5.0, seed=1).truth().means)
    values = drawn(source)
    for replicate in range(3):
        expected = np.mean([multivariate_normal(m, np.eye(2)).pdf(values[replicate]) for m in means[replicate]], axis=0)
        np.testing.assert_allclose(np.exp(source.truth().log_density(values)[replicate]), expected)


def test_centres_of_blobs_are_uniform():
    means = Blobs(num_replicates=5000, num_clusters=1, dimension=1).truth().means.ravel()
    assert abs(means.mean()) < 4 * 10 / np.sqrt(3 * 5000)
    assert means.var() == pytest.approx(100 / 3, rel=0.05)


def test_moons_are_half_circles():
    """Without noise, a point is on one circle of radius 1, around 0 above y = 0, or around (1, 0.5) below."""
    values = drawn(Moons(num_replicates=1, deviation=1e-9))[0]
    upper = np.abs(np.hypot(*values.T) - 1) < 1e-6
    lower = np.abs(np.hypot(*(values - [1, 0.5]).T) - 1) < 1e-6
    assert np.all((upper & (values[:, 1] > -1e-6)) | (lower & (values[:, 1] < 0.5 + 1e-6)))
    assert 0.4 < upper.mean() < 0.6


def test_circles_have_the_density_of_blurred_circles():
    """Of a uniform circle of radius R: exp(-(r - R)^2 / 2s^2) ive(0, rR / s^2) / 2 pi s^2; 100 points are as good."""
    source = Circles(num_replicates=1, factor=0.4, deviation=0.2)
    values = drawn(source)
    radius = np.hypot(*values[0].T)
    blurred = [norm.pdf(radius, r, 0.2) * np.sqrt(2 * np.pi) * ive(0, radius * r / 0.04) for r in (1.0, 0.4)]
    expected = np.mean(blurred, axis=0) / (2 * np.pi * 0.2)
    np.testing.assert_allclose(np.exp(source.truth().log_density(values)[0]), expected, rtol=1e-9)


def test_counts_have_scipy_s_probabilities():
    source = Counts(num_replicates=2, rate=(0.5, 30.0))
    values = drawn(source, 300)
    expected = poisson([0.5, 30.0]).logpmf(values).sum(axis=-1)
    np.testing.assert_allclose(source.truth().log_density(values), expected)


def test_what_never_happens_has_no_probability():
    never = Poisson(np.array([[0.0]]))
    assert never.log_density(np.array([[[0.0], [2.0]]])).tolist() == [[0.0, -np.inf]]


def test_a_rate_is_the_weighted_mean():
    data = ArrayDataset.of(np.array([[[1.0], [2.0], [6.0]]]))
    fit = PoissonCounts().fit(data.slice(0, 2).weighted(3.0).concat([data.slice(2, 3)]), seed=0, context=Context())
    assert fit.distribution.rates == pytest.approx((3 + 6 + 6) / 7)
    assert score(NegativeLogLikelihood(), test=data, model=fit)["test_loss"] == pytest.approx(
        -poisson(15 / 7).logpmf([1, 2, 6]).mean()
    )


def test_the_rate_of_counts_errs_by_t_over_n(tmp_path):
    """Each fit adds a variance of rate / n, and the expected rate stays, so errors are t / n real variances."""
    source = Counts(num_replicates=1000, num_train=20, num_test=1)
    rows = run(Experiment("events", source, PoissonCounts(), (Replace(),), (Moments(),), 4), tmp_path).rows()
    for row in rows:
        expected = row.iteration / 20 if row.metric == "mean_error" else 1.0  # the variance is the rate
        assert abs(row.value - expected) < 4 * row.standard_error, row


def test_what_is_no_count_is_refused(tmp_path):
    with pytest.raises(UserError, match="is no number of events"):
        run(Experiment("x", Moons(num_replicates=2), PoissonCounts(), (Replace(),), (Moments(),), 2), tmp_path)


@pytest.mark.parametrize("source", [Blobs(num_replicates=2), Moons(num_replicates=2), Circles(), Counts(rate=(1, 2))])
def test_they_are_written_and_read(source):
    experiment = Experiment("x", source, Gaussian(), (Replace(),), (Moments(),), 2)
    assert from_dict(to_dict(experiment)) == experiment


@pytest.mark.parametrize(
    "build",
    [
        lambda: Blobs(num_clusters=0),
        lambda: Blobs(reach=0),
        lambda: Moons(deviation=0),
        lambda: Circles(factor=1.0),
        lambda: Circles(deviation=-1),
        lambda: Counts(rate=()),
        lambda: Counts(rate=(0.0,)),
        lambda: Counts(rate=(float("nan"),)),
    ],
)
def test_impossible_settings_are_refused(build):
    with pytest.raises(UserError):
        build()

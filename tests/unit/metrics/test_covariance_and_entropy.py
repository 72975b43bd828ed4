"""Covariance and entropy of fitted distributions against closed forms, NumPy and SciPy."""

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import gammaln
from scipy.stats import entropy as scipy_entropy
from scoring import score, standard_errors

from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Categorical, KernelDensity, NormalMixture
from genloop.data.known import Normal, Zipf
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.model import StatisticalModel
from genloop.metrics.categorical import Entropy
from genloop.metrics.statistical import Covariance
from genloop.policies import Replace
from genloop.runs.runner import run
from genloop.types import Context

COVARIANCE = np.array([[2.0, 1.0], [1.0, 3.0]])
NUM = 12


def fitted(estimator, values):
    return estimator.fit(ArrayDataset.of(values), seed=0, context=Context())


def known(num_test=1, replicates=20_000):
    source = Normal(dimension=2, covariance=((2.0, 1.0), (1.0, 3.0)), num_replicates=replicates)
    truth = source.truth()
    return truth, drawn(truth, num_test, seed=0)


def drawn(truth, num, *, seed):
    return replace(ArrayDataset.of(truth.sample(num, np.random.default_rng(seed))), truth=truth)


@pytest.fixture(scope="module")
def many():
    truth, test = known()
    return test, truth.sample(NUM, np.random.default_rng(1))


def squared_error(divisor):
    """E |S/divisor - C|^2, of a Wishart S: variance tr(C^2) + tr(C)^2 a degree of freedom, and the bias squared."""
    square, trace, freedom = (COVARIANCE**2).sum(), np.trace(COVARIANCE), NUM - 1
    return freedom * (square + trace**2) / divisor**2 + (freedom / divisor - 1) ** 2 * square


@pytest.mark.parametrize(("unbiased", "divisor"), [(True, NUM - 1), (False, NUM)])
def test_covariance_of_a_gaussian_errs_as_a_wishart_matrix(many, unbiased, divisor):
    test, values = many
    model = fitted(Gaussian(unbiased=unbiased), values)
    found, errors = (measure(Covariance(), test=test, model=model) for measure in (score, standard_errors))
    freedom = NUM - 1
    half = np.exp(gammaln((freedom + 1) / 2) - gammaln(freedom / 2)) * np.sqrt(2 / divisor)  # E sqrt(chi^2 / divisor)
    expected = {
        "covariance_error": squared_error(divisor),
        "determinant_ratio": freedom * (freedom - 1) / divisor**2,  # a product of two chi-squared variables
        "deviation_ratio": half,
    }
    for name, value in expected.items():
        assert abs(found[name] - value) < 4 * errors[name], name


def test_covariance_of_an_unknown_truth_is_that_of_the_test_examples():
    values, test = np.random.default_rng(2).standard_normal((2, 3, 40, 2)) @ [[1.0, 0.5], [0.0, 2.0]]
    found = score(Covariance(), test=ArrayDataset.of(test), model=fitted(Gaussian(), values))
    pairs = [(np.cov(a.T, bias=True), np.cov(b.T, bias=True)) for a, b in zip(values, test, strict=True)]
    assert found["covariance_error"] == pytest.approx(np.mean([np.linalg.norm(a - b) ** 2 for a, b in pairs]))
    assert found["determinant_ratio"] == pytest.approx(np.mean([np.linalg.det(a) / np.linalg.det(b) for a, b in pairs]))
    ratios = [np.sqrt(np.diag(a) / np.diag(b)) for a, b in pairs]
    assert found["deviation_ratio"] == pytest.approx(np.mean(ratios))


@pytest.mark.parametrize("kind", ["mixture", "kernels"])
def test_covariance_of_a_distribution_is_that_of_its_samples(kind):
    random = np.random.default_rng(3)
    means = random.standard_normal((1, 4, 2)) * 2
    weights = np.array([[0.1, 0.2, 0.3, 0.4]])
    mixture = NormalMixture(weights, means, np.tile(COVARIANCE, (1, 4, 1, 1)))
    distribution = mixture if kind == "mixture" else KernelDensity(weights, means, np.array([[0.5, 1.5]]))
    samples = distribution.sample(200_000, random)[0]
    assert distribution.covariance[0] == pytest.approx(np.cov(samples.T), rel=0.03)
    assert np.diagonal(distribution.covariance[0]) == pytest.approx(distribution.variance[0])


def test_singular_data_tell_no_determinant(many):
    values = np.random.default_rng(4).standard_normal((2, 9, 2))
    flat = values * [1.0, 0.0]
    found = score(Covariance(), test=ArrayDataset.of(flat), model=fitted(KDE(0.5), values))
    assert np.isfinite(found["covariance_error"])
    assert not np.isfinite(found["determinant_ratio"])


def test_types_have_no_covariance_matrix(tmp_path):
    source = Zipf(num_replicates=2, num_types=5)
    with pytest.raises(UserError, match="needs a covariance matrix, which Discrete has not"):
        run(Experiment("x", source, Discrete(5), (Replace(),), (Covariance(),), 2, 50), tmp_path)
    with pytest.raises(UserError, match="the data are types"):
        run(Experiment("x", source, KDE(0.5), (Replace(),), (Covariance(),), 2, 50), tmp_path)


def test_entropy_is_scipy_s():
    probabilities = np.random.default_rng(0).dirichlet(np.full(6, 0.3), 4)
    probabilities[0] = [0.5, 0.5, 0, 0, 0, 0]
    table = Categorical(probabilities)
    found = score(Entropy(), test=_types(100, 6), train=_types(100, 6), model=_model(table))
    assert found["entropy"] == pytest.approx(np.mean([scipy_entropy(row) for row in probabilities]))


def test_entropy_of_one_type_is_zero():
    assert score(Entropy(), test=_types(9, 2), train=_types(9, 2), model=_model(_sure()))["entropy"] == 0


def test_entropy_s_floor_is_that_of_as_many_real_examples():
    """Of n = 2 examples of two equal types, half of the tables are sure and half even: log(2) / 2."""
    replicates = 4000
    truth = Categorical(np.full((replicates, 2), 0.5))
    test = drawn(truth, 1, seed=0)
    train = drawn(truth, 2, seed=1)
    model = _model(_sure(replicates))
    found, errors = (measure(Entropy(), test=test, train=train, model=model) for measure in (score, standard_errors))
    assert abs(found["entropy_floor"] - np.log(2) / 2) < 4 * errors["entropy_floor"]


def test_a_table_of_real_data_has_the_entropy_of_its_floor(tmp_path):
    """At iteration 1 model and floor are of as many real examples, so they differ by chance; later the model loses."""
    source = Zipf(num_replicates=200, num_types=50)
    experiment = Experiment("entropy", source, Discrete(50), (Replace(),), (Entropy(),), 4, 40)
    rows = {(row.iteration, row.metric): row for row in run(experiment, tmp_path).rows()}
    first, floor = rows[1, "entropy"], rows[1, "entropy_floor"]
    assert abs(first.value - floor.value) < 4 * np.hypot(first.standard_error, floor.standard_error)
    assert rows[4, "entropy"].value < first.value - 10 * first.standard_error


def _types(num, num_types):
    return ArrayDataset.of(np.random.default_rng(5).integers(num_types, size=(4, num, 1)))


def _sure(replicates=4):
    return Categorical(np.tile([1.0, 0.0], (replicates, 1)))


def _model(distribution):
    return StatisticalModel(distribution, distribution)

"""The loop itself, planned and run through the store, against the theory: every mean within 4 standard errors."""

import numpy as np
import pytest

from genloop.data.known import Clusters, Normal, Types, Zipf
from genloop.experiment import Experiment
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.mixture import GaussianMixture
from genloop.metrics.categorical import Support, TableError
from genloop.metrics.statistical import KLDivergence, Moments, NegativeLogLikelihood, Wasserstein
from genloop.policies import Accumulate, AccumulateSubsample, Augment, Fresh, Replace, ReplaceMultiple, Window
from genloop.policy_text import policy_name
from genloop.runs.runner import run
from genloop.theory import statistics, tails
from genloop.theory.propagate import fitted_moments

SIZE, STEPS = 20, 6
ROUNDING = 1e-12
POLICIES = (
    Replace(), Accumulate(), ReplaceMultiple(), Augment(), Fresh(0.25), Window(3), AccumulateSubsample()
)  # fmt: skip


def measured(tmp_path, *, policies=POLICIES[:2], num_iterations=STEPS, num_samples=SIZE, **parts):
    """Run the loop; return by policy and metric the values per iteration, (iteration,), and their errors."""
    found: dict[tuple[str, str], list[float]] = {}
    experiment = Experiment(
        name="loop", policies=policies, num_iterations=num_iterations, num_samples=num_samples, **parts
    )
    for row in run(experiment, tmp_path).rows():
        for name, number in ((row.metric, row.value), (f"error of {row.metric}", row.standard_error)):
            found.setdefault((row.policy, name), []).append(np.nan if number is None else number)
    return {key: np.array(values) for key, values in found.items()}


def agrees(values, policy, metric, expected):
    """Whether a metric is within 4 of its standard errors of the theory at every iteration."""
    name = policy_name(policy)
    error = values[name, f"error of {metric}"]
    return bool(np.all(np.abs(values[name, metric] - expected) <= 4 * error + ROUNDING))


def agrees_with_moments(values, policy, **settings):
    predicted = fitted_moments(policy, STEPS, num_examples=SIZE, **settings)
    return agrees(values, policy, "mean_error", predicted.mean_error.values) and agrees(
        values, policy, "variance_ratio", predicted.variance.values
    )


@pytest.fixture(scope="module")
def gaussian_values(tmp_path_factory):
    return measured(
        tmp_path_factory.mktemp("gaussian"), source=Normal(num_replicates=2000, num_train=60), estimator=Gaussian(),
        policies=POLICIES, metrics=(Moments(), NegativeLogLikelihood(), KLDivergence()),
    )  # fmt: skip


@pytest.mark.parametrize("policy", POLICIES, ids=str)
def test_gaussian_follows_the_engine(gaussian_values, policy):
    assert agrees_with_moments(gaussian_values, policy)


def test_gaussian_follows_its_closed_forms(gaussian_values):
    replaced = statistics.variance_replace(STEPS, num_examples=SIZE).values
    accumulated = statistics.variance_accumulate(STEPS, num_examples=SIZE).values
    assert agrees(gaussian_values, Replace(), "variance_ratio", replaced)
    assert agrees(gaussian_values, Accumulate(), "variance_ratio", accumulated)


def test_test_loss_is_the_divergence_and_the_entropy(gaussian_values):
    """Test loss - KL(truth | model) is the test examples' own loss, ln(2 pi e) / 2 nats; 4 standard errors."""
    for policy in ("replace", "accumulate"):
        losses = gaussian_values[policy, "test_loss"] - gaussian_values[policy, "kl_divergence"]
        entropy = np.log(2 * np.pi * np.e) / 2
        np.testing.assert_allclose(losses, losses[0], rtol=1e-9)
        assert abs(losses[0] - entropy) < 4 * np.sqrt(0.5 / (2000 * 100))
        assert np.all(np.diff(gaussian_values["replace", "kl_divergence"]) > 0)


def test_columns_of_a_vector_collapse_alike(tmp_path):
    values = measured(
        tmp_path, source=Normal(dimension=3, num_replicates=800), estimator=Gaussian(), metrics=(Moments(),)
    )
    assert agrees_with_moments(values, Replace())
    assert agrees_with_moments(values, Accumulate())


def test_narrowed_gaussian(tmp_path):
    """tau = 0.5: accumulating does not save the variance."""
    values = measured(
        tmp_path, source=Normal(num_replicates=2000), estimator=Gaussian(narrowing=0.5), metrics=(Moments(),)
    )
    assert agrees_with_moments(values, Replace(), narrowing=0.5)
    assert agrees_with_moments(values, Accumulate(), narrowing=0.5)
    assert values["accumulate", "variance_ratio"][-1] < 0.45


def test_unbiased_gaussian_keeps_its_expected_variance(tmp_path):
    values = measured(
        tmp_path, source=Normal(num_replicates=2000), estimator=Gaussian(unbiased=True), metrics=(Moments(),),
        policies=(Replace(),),
    )  # fmt: skip
    assert agrees(values, Replace(), "variance_ratio", np.ones(STEPS))
    assert agrees(values, Replace(), "mean_error", statistics.mean_error_unbiased(STEPS, num_examples=SIZE).values)


def test_discrete_table(tmp_path):
    values = measured(
        tmp_path, source=Types(num_replicates=2000), estimator=Discrete(num_types=5), metrics=(TableError(),),
        policies=(Replace(), Accumulate(), AccumulateSubsample()),
    )  # fmt: skip
    for policy in (Replace(), Accumulate(), AccumulateSubsample()):
        assert agrees_with_moments(values, policy)


@pytest.mark.parametrize("bandwidth", [0.5])
def test_kernel_density(tmp_path, bandwidth):
    """The theory is of the training data, which have h^2 less variance than the density."""
    values = measured(
        tmp_path, source=Normal(num_replicates=2000), estimator=KDE(bandwidth=bandwidth), metrics=(Moments(),)
    )
    for policy in (Replace(), Accumulate()):
        values[policy_name(policy), "variance_ratio"] -= bandwidth**2
        assert agrees_with_moments(values, policy, bandwidth=bandwidth)


def test_zipf_loses_its_tail_as_predicted(tmp_path):
    """Samples of model t are training set t + 1; 1 % because frequent items are not Poisson."""
    values = measured(
        tmp_path, source=Zipf(num_replicates=60, num_types=2000), estimator=Discrete(num_types=2000),
        metrics=(Support(),), num_samples=1000,
    )  # fmt: skip
    items = tails.zipf(2000, 1.5)
    predicted = tails.missing_mass_replace(STEPS + 1, probabilities=items, num_examples=1000).values[1:]
    missing, error = (values["replace", name] for name in ("missing_mass", "error of missing_mass"))
    assert np.all(np.abs(missing - predicted) < 4 * error + 0.01 * predicted)


def test_mixture_of_clusters_forgets_under_replace_only(tmp_path):
    """Two clusters, T = 100: replace ends further from the truth than accumulate by more than 4 standard errors."""
    values = measured(
        tmp_path, source=Clusters(num_replicates=100), estimator=GaussianMixture(num_steps=20), num_iterations=5,
        num_samples=100, metrics=(KLDivergence(), Wasserstein()),
    )  # fmt: skip
    replaced, accumulated = (values[policy, "kl_divergence"] for policy in ("replace", "accumulate"))
    error = values["replace", "error of kl_divergence"]
    assert replaced[0] == accumulated[0]
    assert replaced[-1] - accumulated[-1] > 4 * error[-1]
    assert np.all(values["replace", "wasserstein"] > values["replace", "wasserstein_floor"])

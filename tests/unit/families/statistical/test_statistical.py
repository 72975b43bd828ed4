"""Statistical families, sources and metrics against formulas, brute force, and examples small enough for a look."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console
from scoring import score, standard_errors

from genloop.catalog import ESTIMATORS, METRICS, RECIPES, SOURCES
from genloop.data.array_file import ArrayFile
from genloop.data.arrays import ArrayDataset
from genloop.data.distributions import Categorical, KernelDensity, NormalMixture
from genloop.data.known import Clusters, Normal, Types, Zipf
from genloop.data.numbers import NumberDomain
from genloop.data.text.tokens import Segment, TokenDataset
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import from_dict, to_dict
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.kernel_density import KDE
from genloop.families.statistical.mixture import GaussianMixture
from genloop.families.statistical.ngram import NGram
from genloop.metrics.categorical import Support, TableError
from genloop.metrics.statistical import KLDivergence, Moments, NegativeLogLikelihood, Tails, Wasserstein
from genloop.policies import Accumulate, Replace
from genloop.report.samples import samples_table
from genloop.report.tables import results_table
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Context

CONTEXT = Context()
NORMAL_ENTROPY = np.log(2 * np.pi * np.e) / 2


def examples(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def counted(*types):
    return ArrayDataset.of(np.array(types)[None, :, None])


def fitted(estimator, values, **settings):
    return estimator.fit(ArrayDataset.of(values), seed=0, context=CONTEXT, **settings)


def test_everything_has_a_name_and_loads():
    for names in (SOURCES, ESTIMATORS, METRICS, RECIPES):
        for name in names:
            place = names.find(name).place
            if "statistical" in place or "categorical" in place or "known" in place or "array_file" in place:
                assert names.load(name) is not None


@pytest.mark.parametrize("recipe", ["gaussian", "zipf", "numbers", "ngram"])
def test_recipes_round_trip(recipe):
    experiment = RECIPES.load(recipe)()
    assert from_dict(to_dict(experiment)) == experiment


# Fits.


def test_gaussian_is_the_sample_s_moments():
    values = examples(4, 30, 3)
    model = fitted(Gaussian(), values).distribution
    np.testing.assert_allclose(model.mean, values.mean(axis=1))
    for replicate in range(4):
        np.testing.assert_allclose(model.covariances[replicate, 0], np.cov(values[replicate].T, bias=True))
    unbiased = fitted(Gaussian(unbiased=True), values).distribution
    np.testing.assert_allclose(unbiased.covariances, model.covariances * 30 / 29)


weight_lists = st.lists(st.integers(1, 3), min_size=3, max_size=3)


@given(weight_lists)
def test_weights_count_as_copies(weights):
    """A part of integer weight w fits as w copies of it do; the unbiased divisor is left out, which counts rows."""
    parts = [examples(2, 5 + place, 1, seed=place) for place in range(3)]
    weighted = [ArrayDataset.of(part).weighted(w) for part, w in zip(parts, weights, strict=True)]
    copies = [ArrayDataset.of(part) for part, w in zip(parts, weights, strict=True) for _ in range(w)]
    for estimator in (Gaussian(), KDE(0.5)):
        first, second = (
            estimator.fit(data[0].concat(data[1:]), seed=0, context=CONTEXT).distribution for data in (weighted, copies)
        )
        np.testing.assert_allclose(first.mean, second.mean)
        np.testing.assert_allclose(first.variance, second.variance)


def test_parts_of_weight_zero_are_nothing():
    real, nothing = ArrayDataset.of(examples(2, 9, 1)), ArrayDataset.of(100 + examples(2, 9, 1)).weighted(0.0)
    for estimator in (Gaussian(), Gaussian(unbiased=True), KDE()):
        alone, beside = (
            estimator.fit(data, seed=0, context=CONTEXT).distribution for data in (real, nothing.concat([real]))
        )
        np.testing.assert_allclose(beside.variance, alone.variance)


def test_discrete_is_relative_frequencies_with_pseudo_counts():
    train = counted(0, 0, 2).weighted(2.0).concat([counted(1, 1)])
    plain = Discrete(num_types=4).fit(train, seed=0, context=CONTEXT).distribution
    smooth = Discrete(num_types=4, smoothing=0.5).fit(train, seed=0, context=CONTEXT).distribution
    np.testing.assert_allclose(plain.probabilities, [[4 / 8, 2 / 8, 2 / 8, 0]])
    np.testing.assert_allclose(smooth.probabilities, [[4.5 / 10, 2.5 / 10, 2.5 / 10, 0.5 / 10]])


@pytest.mark.parametrize("scales", [(1, 1), (3e4, 14)], ids=str)
def test_one_component_is_the_gaussian(scales):
    """But for its least variance, a millionth of that of each column, whatever its unit."""
    values = examples(3, 50, 2) * scales
    mixture, normal = (fitted(e, values).distribution for e in (GaussianMixture(num_components=1), Gaussian()))
    np.testing.assert_allclose(mixture.mean, normal.mean)
    np.testing.assert_allclose(mixture.variance / normal.variance, 1 + 1e-6, rtol=1e-9)
    off_diagonal = mixture.covariances[..., 0, 1] - normal.covariances[..., 0, 1]
    np.testing.assert_allclose(off_diagonal / np.prod(scales), 0, atol=1e-12)


def test_a_column_in_other_units_gives_the_same_mixture():
    """Factors are powers of two, which round nothing: the fit from the same seed is equal bit by bit."""
    values, units = examples(3, 60, 2) + np.where(np.arange(60)[:, None] < 20, 3.0, 0.0), np.array([1.0, 2.0**40])
    plain, other = (fitted(GaussianMixture(3), each).distribution for each in (values, values * units))
    np.testing.assert_array_equal(other.weights, plain.weights)
    np.testing.assert_array_equal(other.means, plain.means * units)
    np.testing.assert_array_equal(other.covariances, plain.covariances * np.outer(units, units))


def test_a_mixture_of_a_column_that_never_varies_stays_finite():
    values = np.concatenate([examples(2, 50, 1), np.full((2, 50, 1), 3.0)], axis=2)
    model = fitted(GaussianMixture(), values)
    assert model.status == "fitted"
    assert np.isfinite(model.distribution.log_density(values)).all()


def test_mixture_finds_separate_clusters():
    truth = Clusters(num_replicates=20, weights=(0.3, 0.7)).truth()
    train = ArrayDataset.of(truth.sample(400, np.random.default_rng(0)))
    model = GaussianMixture().fit(train, seed=0, context=CONTEXT).distribution
    order = np.argsort(model.means[..., 0], axis=1)
    weights = np.take_along_axis(model.weights, order, axis=1)
    centres = np.take_along_axis(model.means[..., 0], order, axis=1)
    assert np.all(np.abs(weights.mean(axis=0) - [0.3, 0.7]) < 4 * np.sqrt(0.21 / 400 / 20) + 0.002)
    assert np.all(np.abs(centres.mean(axis=0) - [-2, 2]) < 4 * 0.5 / np.sqrt(120 * 20) + 0.005)


def test_a_step_of_the_mixture_never_loses_likelihood():
    values = examples(5, 60, 2) + np.where(np.arange(60)[:, None] < 20, 3.0, 0.0)
    losses = [
        -fitted(GaussianMixture(3, num_steps=steps, tolerance=0), values).distribution.log_density(values).mean(axis=1)
        for steps in range(1, 12)
    ]
    assert np.all(np.diff(losses, axis=0) < 1e-4)  # its least variance is added after the step


def test_silverman_s_rule_by_hand():
    values = examples(1, 100, 1)
    bandwidth = fitted(KDE(), values).distribution.bandwidths
    np.testing.assert_allclose(bandwidth[0, 0], values.std() * (4 / 300) ** 0.2)


@pytest.mark.parametrize(
    ("rule", "factor"),
    [("scott", 100 ** (-1 / 6)), ("sklearn-scott", 100 ** (-1 / 6)), ("sklearn-silverman", (100 * 4 / 4) ** (-1 / 6))],
)
def test_rules_of_bandwidths_by_hand(rule, factor):
    """Two columns of 100 examples, one ten times as wide: scikit-learn's rules do not look at that."""
    values = examples(1, 100, 2) * np.array([1.0, 10.0])
    bandwidth = fitted(KDE(rule), values).distribution.bandwidths
    scale = 1.0 if rule.startswith("sklearn") else values[0].std(axis=0)
    np.testing.assert_allclose(bandwidth[0], np.broadcast_to(factor * scale, 2))
    with pytest.raises(UserError, match=r"Did you mean 'scott'\?"):
        KDE("scot")  # pyright: ignore[reportArgumentType]


def test_scikit_learn_has_the_same_bandwidths():
    neighbors = pytest.importorskip("sklearn.neighbors")
    values = examples(1, 50, 3)
    for rule in ("scott", "silverman"):
        theirs = neighbors.KernelDensity(bandwidth=rule).fit(values[0]).bandwidth_
        ours = fitted(KDE(f"sklearn-{rule}"), values).distribution.bandwidths  # pyright: ignore[reportArgumentType]
        np.testing.assert_allclose(ours, theirs)


def test_correlated_sources_have_their_covariance():
    """20 replicates of 20,000 examples; standard errors of a covariance are below 1.5 / sqrt(n)."""
    covariance = ((2.0, 0.9), (0.9, 1.0))
    source = Normal(num_replicates=20, num_train=20_000, dimension=2, covariance=covariance)
    values = source.truth().sample(20_000, np.random.default_rng(0))
    for each in values:
        np.testing.assert_allclose(np.cov(each.T), covariance, atol=4 * 3 / 20_000**0.5)
    assert source.identity()["covariance"] == [[2, 0.9], [0.9, 1]]
    assert "covariance" not in Normal().identity()  # keys of sources without are as they were


@pytest.mark.parametrize(
    ("covariance", "sentence"),
    [
        (((1.0, 0.5),), "no table of dimension=2"),
        (((1.0, 0.5), (0.4, 1.0)), "must be symmetric"),
        (((1.0, 1.0), (1.0, 1.0)), "positive eigenvalues"),
        (((1.0, float("nan")), (float("nan"), 1.0)), "belongs to no density"),
    ],
)
def test_what_is_no_covariance_is_refused(covariance, sentence):
    with pytest.raises(UserError, match=sentence):
        Normal(dimension=2, covariance=covariance)


# Distributions.


def test_log_density_of_a_normal_mixture_by_brute_force():
    mixture = NormalMixture(
        np.array([[0.25, 0.75]]), np.array([[[0.0, 1.0], [2.0, -1.0]]]),
        np.array([[[[2.0, 0.5], [0.5, 1.0]], [[1.0, -0.3], [-0.3, 0.5]]]]),
    )  # fmt: skip
    values = examples(1, 7, 2)
    density = np.zeros(7)
    for weight, mean, covariance in zip(mixture.weights[0], mixture.means[0], mixture.covariances[0], strict=True):
        centred = values[0] - mean
        distance = np.einsum("ni,ij,nj->n", centred, np.linalg.inv(covariance), centred)
        density += weight * np.exp(-distance / 2) / np.sqrt((2 * np.pi) ** 2 * np.linalg.det(covariance))
    np.testing.assert_allclose(mixture.log_density(values)[0], np.log(density))


def test_log_density_of_kernels_is_that_of_as_many_normals(monkeypatch):
    centres, values = examples(2, 6, 2), examples(2, 9, 2, seed=1)
    weights = np.full((2, 6), 1 / 6)
    scale = np.array([[0.5, 2.0], [1.0, 0.1]])
    covariances = np.repeat((scale[:, None] ** 2 * np.eye(2))[:, None], 6, axis=1)
    monkeypatch.setattr("genloop.data.distributions.PAIRS_AT_ONCE", 20)
    np.testing.assert_allclose(
        KernelDensity(weights, centres, scale).log_density(values),
        NormalMixture(weights, centres, covariances).log_density(values),
    )


def sampled_moments_agree(distribution, num=40_000):
    values = distribution.sample(num, np.random.default_rng(3))
    error = np.sqrt(distribution.variance / num)
    assert np.all(np.abs(values.mean(axis=1) - distribution.mean) < 4 * error)
    assert np.all(np.abs(values.var(axis=1) / distribution.variance - 1) < 4 * np.sqrt(3 / num))


def test_samples_have_the_moments_of_their_distribution():
    """Mean and variance of 40000 samples within 4 standard errors; 3 bounds the kurtosis less 1 of all of these."""
    weights = np.array([[0.2, 0.8]])
    sampled_moments_agree(NormalMixture(weights, examples(1, 2, 2), np.array([[[[2, 1.0], [1, 1]], np.eye(2)]])))
    sampled_moments_agree(KernelDensity(weights, examples(1, 2, 2), np.array([[0.5, 2.0]])))


def test_a_lost_type_is_never_drawn():
    values = Categorical(np.array([[0.0, 0.5, 0.0, 0.5, 0.0]])).sample(10_000, np.random.default_rng(0))
    assert set(values.ravel()) == {1, 3}


class NoLuck:
    """Random numbers that are all zero, the one value at the edge of the first type."""

    def random(self, shape):
        return np.zeros(shape)


def test_the_edge_of_a_lost_type_belongs_to_the_next():
    values = Categorical(np.array([[0.0, 1.0]])).sample(3, NoLuck())  # type: ignore[arg-type]
    assert set(values.ravel()) == {1}


def test_clusters_have_the_variance_within_and_between():
    truth = Clusters(num_replicates=1, centres=((-1.0, 0.0), (3.0, 0.0)), weights=(0.25, 0.75), deviation=0.5).truth()
    np.testing.assert_allclose(truth.mean, [[2, 0]])
    np.testing.assert_allclose(truth.variance, [[0.25 + 0.25 * 9 + 0.75, 0.25]])


def test_temperature_sharpens_and_flattens():
    table = Categorical(np.array([[0.8, 0.2, 0.0]]))
    np.testing.assert_allclose(table.tempered(0.5).probabilities, [[0.64 / 0.68, 0.04 / 0.68, 0]])
    np.testing.assert_allclose(table.tempered(1e9).probabilities[0, :2], 0.5, atol=1e-8)
    sampler = Discrete(num_types=3, temperature=0.5).sampler(table)
    np.testing.assert_allclose(sampler.probabilities, table.tempered(0.5).probabilities)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=5), st.floats(0, 2))
def test_probabilities_sum_to_one(weights, smoothing):
    table = np.array([weights]) / sum(weights)
    train = ArrayDataset.of(Categorical(table).sample(20, np.random.default_rng(0)))
    model = Discrete(num_types=len(weights), smoothing=smoothing).fit(train, seed=0, context=CONTEXT)
    np.testing.assert_allclose(model.distribution.probabilities.sum(axis=1), 1)


# The protocol.


@pytest.mark.parametrize(
    ("estimator", "changed"),
    [
        (Gaussian(), {"narrowing": 0.5}),
        (GaussianMixture(), {"narrowing": 0.5}),
        (Discrete(num_types=3), {"temperature": 0.5}),
    ],
    ids=["gaussian", "mixture", "discrete"],
)
def test_sampling_enters_the_samples_only(estimator, changed):
    other = replace(estimator, **changed)
    assert other.fit_identity(10) == estimator.fit_identity(10)
    assert other.sample_identity() != estimator.sample_identity()


@pytest.mark.parametrize("estimator", [Gaussian(narrowing=0.5), GaussianMixture(2), KDE(), Discrete(num_types=2)])
def test_a_loaded_model_samples_the_same(estimator, tmp_path):
    values = (examples(3, 20, 1) > 0).astype(float)
    model = fitted(estimator, values)
    model.save(tmp_path)
    loaded = estimator.load(tmp_path, NumberDomain(tmp_path), CONTEXT)
    first, second = (each.sample(12, seed=5, context=CONTEXT).read() for each in (model, loaded))
    assert first.shape == (3, 12, 1)
    np.testing.assert_array_equal(first, second)
    assert loaded.status == "fitted"


def test_a_fit_is_the_same_for_the_same_seed_and_leaves_its_data_alone():
    values = examples(3, 40, 2)
    before = values.copy()
    first, second = (fitted(GaussianMixture(3), values).distribution for _ in range(2))
    np.testing.assert_array_equal(first.means, second.means)
    np.testing.assert_array_equal(values, before)


def test_a_collapsed_model_is_recorded_not_raised(tmp_path):
    """Samples that are all alike have no density: the run goes on, and its loss is not finite."""
    experiment = Experiment(
        name="collapse", source=Normal(num_replicates=3), estimator=Gaussian(narrowing=0.0), policies=(Replace(),),
        metrics=(NegativeLogLikelihood(), Moments()), num_iterations=3, num_samples=5,
    )  # fmt: skip
    values = {(row.iteration, row.metric): row.value for row in run(experiment, tmp_path).rows()}
    assert values[2, "test_loss"] is None
    assert values[3, "variance_ratio"] == pytest.approx(0, abs=1e-20)


def test_results_show_the_error_beside_its_value(tmp_path):
    """One seed has the error over replicates, several have that over seeds; numbers have no samples to read."""
    one = Experiment(
        name="shown", source=Normal(num_replicates=4), estimator=Gaussian(), policies=(Replace(),),
        metrics=(NegativeLogLikelihood(),), num_iterations=2, num_samples=20,
    )  # fmt: skip
    _, last = (row for row in run(one, tmp_path / "one").rows())
    assert f"{last.value:.3f} ± {last.standard_error:.2g}" in shown(Run(tmp_path / "one"))
    assert samples_table(Run(tmp_path / "one")) is None

    rows = list(run(replace(one, seeds=(0, 1, 2)), tmp_path / "three").rows())
    losses = [row.value for row in rows if (row.iteration, row.metric) == (2, "test_loss")]
    assert f"{np.mean(losses):.3f} ± {np.std(losses, ddof=1) / np.sqrt(3):.2g}" in shown(Run(tmp_path / "three"))


def shown(finished):
    console = Console(width=150)
    with console.capture() as capture:
        console.print(results_table(finished, width=150))
    return capture.get()


# Metrics.


def test_test_loss_is_the_cross_entropy():
    """Normal truth, 200 replicas of 500 examples each, against the entropy of a normal distribution."""
    test = ArrayDataset.of(examples(200, 500, 1))
    model = fitted(Gaussian(), examples(200, 2000, 1, seed=1))
    values = score(NegativeLogLikelihood(), model=model, test=test)
    expected = NORMAL_ENTROPY + 1 / 2000  # a normal fit of n examples costs about two parameters / (2 n)
    error = standard_errors(NegativeLogLikelihood(), model=model, test=test)["test_loss"]
    assert error is not None
    assert abs(values["test_loss"] - expected) < 4 * error


def test_one_replicate_has_the_error_of_its_examples():
    test = ArrayDataset.of(examples(1, 400, 1))
    errors = standard_errors(NegativeLogLikelihood(), model=fitted(Gaussian(), examples(1, 100, 1)), test=test)
    assert errors["test_loss"] == pytest.approx(np.sqrt(0.5 / 400), rel=0.2)
    moments = standard_errors(Moments(), model=fitted(Gaussian(), examples(1, 100, 1)), test=test)
    assert np.isnan(moments["mean_error"])


def test_divergence_from_the_truth_needs_the_truth():
    test = ArrayDataset.of(examples(1, 10, 1))
    with pytest.raises(UserError, match="unknown for data from a file"):
        score(KLDivergence(), model=fitted(Gaussian(), examples(1, 10, 1)), test=test)
    truth = Normal(num_replicates=1).truth()
    exact = score(KLDivergence(), model=fitted(Gaussian(), examples(1, 10, 1)), test=replace(test, truth=truth))
    assert np.isfinite(exact["kl_divergence"])


def test_moments_are_relative_to_the_real_data():
    test = ArrayDataset.of(10 * examples(1, 50, 2))
    model = fitted(Gaussian(), test.read() * 2)
    values = score(Moments(), model=model, test=test)
    real = test.read()[0]
    assert values["variance_ratio"] == pytest.approx(4)
    assert values["mean_error"] == pytest.approx(np.mean(real.mean(axis=0) ** 2 / real.var(axis=0)))


def test_wasserstein_of_a_shift_is_the_shift():
    test = ArrayDataset.of(examples(2, 200, 1))
    samples = ArrayDataset.of(test.slice(0, 100).read() + 3 * test.read().std(axis=1, keepdims=True))
    values = score(Wasserstein(), samples=samples, test=test)
    assert values["wasserstein"] == pytest.approx(3)
    assert 0 < values["wasserstein_floor"] < 0.5


def test_too_few_test_examples_are_explained():
    with pytest.raises(UserError, match=r"there is one\. Give 2 or more"):
        score(Wasserstein(), samples=ArrayDataset.of(examples(1, 5, 1)), test=ArrayDataset.of(examples(1, 1, 1)))


def test_tails_of_the_real_data_hold_their_share():
    test = ArrayDataset.of(examples(1, 1000, 2))
    assert score(Tails(0.1), samples=test, test=test)["tail_mass"] == pytest.approx(0.1)
    assert score(Tails(0.1), samples=ArrayDataset.of(test.read() / 10), test=test)["tail_mass"] == 0


def test_table_error_by_hand():
    test = replace(counted(0), truth=Types(num_replicates=1, probabilities=(0.5, 0.25, 0.25)).truth())
    model = Discrete(num_types=3).fit(counted(0, 0, 0, 1), seed=0, context=CONTEXT)
    values = score(TableError(), model=model, test=test)
    spread = 1 - (0.5**2 + 2 * 0.25**2)
    assert values["total_variation"] == pytest.approx(0.25)
    assert values["mean_error"] == pytest.approx((0.25**2 + 0 + 0.25**2) / spread)
    assert values["variance_ratio"] == pytest.approx((1 - 0.75**2 - 0.25**2) / spread)
    assert values["reverse_kl"] == pytest.approx(0.75 * np.log(1.5))


def test_support_by_hand():
    truth = Types(num_replicates=1, probabilities=(0.5, 0.3, 0.2)).truth()
    values = score(Support(), samples=counted(0, 2, 0), test=replace(counted(0), truth=truth))
    assert values["missing_mass"] == pytest.approx(0.3)
    assert values["surviving_support"] == pytest.approx(2 / 3)
    unknown = score(Support(), samples=counted(0, 3), test=counted(0, 0, 1, 2))
    assert unknown["missing_mass"] == pytest.approx(0.5)


# N-grams.


class SmallVocabulary:
    size, end_of_text, dtype = 4, 0, np.uint16


def stream(*tokens):
    return TokenDataset((Segment(np.array(tokens, np.uint16)),), SmallVocabulary())


def test_ngram_probabilities_by_hand():
    """Bigrams of `1 2 <end> 1 1 <end>` with s = 1; an unseen context says what single tokens say."""
    model = NGram(order=2, smoothing=1.0).fit(stream(1, 2, 0, 1, 1, 0), seed=0, context=CONTEXT)
    single = np.array([2 + 1 / 4, 3 + 1 / 4, 1 + 1 / 4, 1 / 4]) / 7
    begin = (2 + single[1]) / 3  # after end-of-text: 1, 1
    assert model.mean_loss(stream(1), context=CONTEXT) == pytest.approx(-np.log(begin))
    unseen = (single[3] + 0) / 1  # after 3: never seen
    loss = model.mean_loss(stream(3, 3), context=CONTEXT)
    assert loss == pytest.approx(-np.mean([np.log((0 + single[3]) / 3), np.log(unseen)]))


@pytest.mark.parametrize("order", [1, 2, 3])
def test_ngram_probabilities_sum_to_one(order):
    train = stream(*np.random.default_rng(0).integers(4, size=60))
    model = NGram(order=order, smoothing=0.7).fit(train, seed=0, context=CONTEXT)
    for context in product(range(1, 4), repeat=2):
        prefix = 2 * model.mean_loss(stream(*context), context=CONTEXT)
        losses = [3 * model.mean_loss(stream(*context, token), context=CONTEXT) - prefix for token in range(4)]
        assert np.exp(-np.array(losses)).sum() == pytest.approx(1)


def test_ngram_samples_follow_its_own_probabilities():
    """The loss of 40000 sampled tokens is the entropy of what the model samples: a second sample has the same."""
    train = stream(*np.random.default_rng(1).choice(4, p=[0.1, 0.5, 0.3, 0.1], size=400))
    model = NGram(order=2, smoothing=2.0).fit(train, seed=0, context=CONTEXT)
    samples = model.sample(40_000, seed=3, context=CONTEXT)
    tokens = samples.read(0, len(samples)).astype(int)
    assert len(tokens) == 40_000
    before = np.append(0, tokens[:-1])
    for context in range(4):
        num = (before == context).sum()
        prefix = model.mean_loss(stream(context), context=CONTEXT) if context else 0.0
        for token in range(4):
            both = stream(context, token) if context else stream(token)
            probability = np.exp(prefix - len(both) * model.mean_loss(both, context=CONTEXT))
            share = (tokens[before == context] == token).mean()
            assert abs(share - probability) < 4 * np.sqrt(probability * (1 - probability) / num) + 1e-12


def test_documents_are_independent():
    """Their order changes neither counts nor loss, as contexts end with a document."""
    first, second = (1, 2, 3, 0), (2, 2, 1, 3, 1, 0)
    one, other = (
        NGram(order=3).fit(stream(*both), seed=0, context=CONTEXT) for both in (first + second, second + first)
    )
    for table, same in zip(one.counts, other.counts, strict=True):
        np.testing.assert_array_equal(table.keys, same.keys)
        np.testing.assert_array_equal(table.counts, same.counts)
    losses = [one.mean_loss(stream(*both), context=CONTEXT) for both in (first + second, second + first)]
    assert losses[0] == pytest.approx(losses[1], rel=1e-12)


def test_ngram_weights_count_as_copies():
    parts = stream(1, 2, 0), stream(3, 0)
    weighted = parts[0].weighted(2.0).concat(parts[1:])
    copies = parts[0].concat([parts[0], parts[1]])
    first, second = (NGram(order=2).fit(data, seed=0, context=CONTEXT) for data in (weighted, copies))
    test = stream(1, 2, 3, 0)
    assert first.mean_loss(test, context=CONTEXT) == pytest.approx(second.mean_loss(test, context=CONTEXT))


def test_long_ngrams_of_large_vocabularies_are_refused():
    with pytest.raises(UserError, match="order=31 does not fit a vocabulary of 4"):
        NGram(order=31).fit(stream(1, 0), seed=0, context=CONTEXT)


# The user's own numbers.


def write(path, text):
    path.write_text(text)
    return str(path)


def test_numbers_of_a_file_run_through_the_loop(tmp_path):
    rows = examples(200, 2) * [1, 100]
    text = "height,name,mass\n" + "".join(f"{a},x,{b}\n" for a, b in rows)
    source = ArrayFile(write(tmp_path / "own.csv", text), columns=("mass", "height"))
    source.prepare(tmp_path, CONTEXT)
    train, test = (source.open(tmp_path).prepared(part).read() for part in ("train", "test"))
    assert train.shape == (1, 180, 2)
    together = np.concatenate([train, test], axis=1)[0]
    np.testing.assert_allclose(np.sort(together, axis=0), np.sort(rows[:, ::-1], axis=0))

    experiment = Experiment(
        name="own", source=source, estimator=KDE(), policies=(Replace(), Accumulate()), num_iterations=2,
        metrics=(NegativeLogLikelihood(), Moments(), Wasserstein(), Tails()),
    )  # fmt: skip
    values = [row.value for row in run(experiment, tmp_path / "run").rows()]
    assert len(values) == 2 * 2 * 6
    assert None not in values


def test_npy_and_csv_of_the_same_numbers_are_the_same_data(tmp_path):
    rows = np.round(examples(30, 2), 3)
    np.save(tmp_path / "own.npy", rows)
    plain = write(tmp_path / "own.csv", "".join(f"{a},{b}\n" for a, b in rows))
    loaded = []
    for name in (str(tmp_path / "own.npy"), plain):
        ArrayFile(name).prepare(tmp_path, CONTEXT)
        loaded.append(ArrayFile(name).open(tmp_path).prepared("train").read().copy())
    np.testing.assert_array_equal(*loaded)


def test_a_file_is_known_by_its_content(tmp_path):
    first, same, other = (
        ArrayFile(write(tmp_path / f"{name}.csv", text)).identity()
        for name, text in (("a", "1\n2\n3\n"), ("b", "1\n2\n3\n"), ("c", "1\n2\n4\n"))
    )
    assert first == same != other


def split(directory, **settings):
    """Return training and test rows as they are prepared, shape (row, column)."""
    source = ArrayFile(**settings)
    source.prepare(directory, CONTEXT)
    return (source.open(directory).prepared(part).read()[0].copy() for part in ("train", "test"))


def table(header, rows):
    return "\n".join([header, *(",".join(map(repr, row)) for row in rows.tolist())]) + "\n"


def test_columns_of_test_rows_are_found_by_name(tmp_path):
    rows, test_rows = examples(20, 2), examples(10, 2, seed=1)
    train = write(tmp_path / "train.csv", table("income,age", rows))
    test = write(tmp_path / "test.csv", table("age,income", test_rows[:, ::-1]))
    prepared = split(tmp_path, train=train, test=test)
    for expected, found in zip((rows, test_rows), prepared, strict=True):
        np.testing.assert_array_equal(found[found[:, 0].argsort()], expected[expected[:, 0].argsort()])


def test_given_test_rows_are_in_random_order_too(tmp_path):
    """A prefix of a sorted file would be its smallest rows, not an independent draw from all of them."""
    train, test = (write(tmp_path / f"{n}.csv", "".join(f"{2 * i + n}\n" for i in range(1000))) for n in (0, 1))
    standard_error = 2000 / np.sqrt(12 * 500)
    for part in split(tmp_path, train=train, test=test):
        assert abs(part[:500].mean() - 1000) < 4 * standard_error
    first, again, other = (next(split(tmp_path, train=train, test=test, seed=seed)) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)
    assert ArrayFile(train, test).identity() != ArrayFile(train, test, seed=1).identity()


def test_test_rows_that_are_training_rows_are_refused_unless_values_are_coarse(tmp_path):
    fine, coarse = examples(300, 2), np.random.default_rng(1).integers(4, size=(300, 2))
    train = write(tmp_path / "train.csv", table("a,b", fine))
    test = write(tmp_path / "test.csv", table("b,a", np.concatenate([examples(9, 2, seed=1), fine[40:41, ::-1]])))
    with pytest.raises(UserError, match="holds training rows: 1 of its 10, such as row 10"):
        split(tmp_path, train=train, test=test)
    train, test = (write(tmp_path / f"{n}.csv", table("a,b", part)) for n, part in enumerate(np.split(coarse, [200])))
    assert len(list(split(tmp_path, train=train, test=test))) == 2
    few = write(tmp_path / "few.csv", table("a,b", np.concatenate([fine, fine[:3]])))  # three rows twice: by accident
    test = write(tmp_path / "test.csv", table("a,b", fine[100:200]))
    with pytest.raises(UserError, match="100 of its 100"):
        split(tmp_path, train=few, test=test)


@pytest.mark.parametrize(("text", "columns"), [("2019,2020\n", None), ("y2019,y2020\n", ["y2019", "y2020"])])
def test_prepared_data_say_whether_the_first_line_was_a_header(tmp_path, text, columns):
    rows = "".join(f"{a},{b}\n" for a, b in examples(40, 2))
    num = sum(map(len, split(tmp_path, train=write(tmp_path / "own.csv", text + rows))))
    assert num == 40 + (columns is None)
    assert json.loads((tmp_path / "info.json").read_text())["columns"] == columns


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "holds no rows"),
        ("a,b\n", "holds no rows"),
        ("1,2\n3\n", "line 2, has 1 cells where the first has 2"),
        ("a,b\n1,x\n", "line 2, has 'x' in column 2"),
        ("a\n1\nnan\n2\n", "row 2, column 1 of the data is nan"),
        ("".join(f"{row},5\n" for row in range(30)), "column 2 is 5 in every training row"),
        ("".join(f"{row}\n" for row in range(29)), r"too few rows to test on, 2\. Give 30 rows or more"),
        ("".join(f"{row},{row == 7:d}\n" for row in range(30)), "column 2 is 0 in all 3 test rows"),
        ("1.0,NA,3\n2,3,4\n", "holds the number '1.0' and 'NA', which is none"),
        ("a;b\n1,5;2\n", "begins with the one cell 'a;b'. Separate cells by commas and write decimals with points"),
        ("a\tb\n1\t2\n", "Separate cells by commas"),
    ],
)
def test_bad_tables_are_explained(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        ArrayFile(write(tmp_path / "own.csv", text)).prepare(tmp_path, CONTEXT)


def test_bad_arrays_are_explained(tmp_path):
    np.save(tmp_path / "words.npy", np.array(["a", "b"]))
    np.save(tmp_path / "objects.npy", np.array([{}], object), allow_pickle=True)
    np.save(tmp_path / "cube.npy", np.zeros((2, 2, 2)))
    np.save(tmp_path / "empty.npy", np.zeros((0, 3)))
    (tmp_path / "text.npy").write_text("1,2,3")
    (tmp_path / "zip.npy").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(UserError, match="holds no rows"):
        ArrayFile(str(tmp_path / "empty.npy")).prepare(tmp_path, CONTEXT)
    for name in ("words", "objects", "cube", "text", "zip"):
        with pytest.raises(UserError, match=f"{name}.npy is no "):
            ArrayFile(str(tmp_path / f"{name}.npy")).prepare(tmp_path, CONTEXT)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"train": "nowhere.csv"}, "there is no such file"),
        ({"train": "."}, "is a folder"),
        ({"train": "{own}", "columns": ("weight",)}, "'weight' is no column of .*Available: a"),
        ({"train": "{own}", "test": "{own}"}, "holds training rows: 3 of its 3, such as row 1"),
        ({"train": "{own}", "test": "{other}"}, "own.csv has the columns a and .*other.csv has b. Give both the same"),
        (
            {"train": "{own}", "test": "{array}"},
            r"array\.npy has too few rows to test on, 2\. Give 3 test rows or more",
        ),
        ({"train": "{own}", "test": "{wide}"}, "own.csv has 1 columns and .*wide.csv has 2"),
        ({"train": "{twice}", "columns": ("a",)}, "twice.csv has 2 columns named 'a'"),
        ({"train": "{own}", "seed": -1}, "seed=-1 is negative"),
        ({"train": "{array}", "columns": ("a",)}, "which has no names"),
        ({"train": "{text}"}, "neither .csv nor .npy"),
    ],
)
def test_wrong_settings_of_a_file_are_explained(tmp_path, settings, message):
    texts = {
        "own.csv": "a\n1\n2\n3\n", "other.csv": "b\n4\n5\n6\n", "wide.csv": "4,5\n6,7\n", "twice.csv": "a,a\n1,2\n",
        "text.txt": "1",
    }  # fmt: skip
    places = {name.split(".")[0]: write(tmp_path / name, text) for name, text in texts.items()}
    places["array"] = str(tmp_path / "array.npy")
    np.save(places["array"], np.array([4.0, 5.0]))
    filled = {name: value.format(**places) if isinstance(value, str) else value for name, value in settings.items()}
    with pytest.raises(UserError, match=message):
        ArrayFile(**filled).prepare(tmp_path, CONTEXT)


@pytest.mark.parametrize(
    "build",
    [
        lambda: Normal(dimension=0),
        lambda: Normal(num_replicates=0),
        lambda: Clusters(centres=((1.0,), (1.0, 2.0))),
        lambda: Clusters(weights=(0.5, 0.6)),
        lambda: Clusters(deviation=0.0),
        lambda: Types(probabilities=(0.5, 0.6)),
        lambda: Zipf(num_types=1),
        lambda: Normal(seed=-1),
        lambda: Gaussian(narrowing=-1.0),
        lambda: Gaussian(narrowing=np.nan),
        lambda: GaussianMixture(narrowing=np.inf),
        lambda: GaussianMixture(num_components=0),
        lambda: KDE(bandwidth=0.0),
        lambda: Discrete(num_types=1),
        lambda: Discrete(num_types=2, smoothing=-1.0),
        lambda: Discrete(num_types=2, temperature=0.0),
        lambda: NGram(order=0),
        lambda: NGram(smoothing=0.0),
        lambda: Tails(0.0),
    ],
)
def test_impossible_settings_are_refused(build):
    with pytest.raises(UserError):
        build()


@pytest.mark.parametrize(
    ("estimator", "values", "message"),
    [
        (Gaussian(), examples(1, 3, 3), "A covariance of 3 columns cannot be fitted to 3 examples"),
        (GaussianMixture(5), examples(1, 5, 1), "5 components cannot be fitted to 5 examples"),
        (Discrete(num_types=3), np.array([[[3.0]]]), "3 is none of 3 types"),
        (Discrete(num_types=3), np.array([[[0.5]]]), "0.5 is none of 3 types"),
        (Discrete(num_types=3), examples(1, 2, 2), "Types are one column, but the data have 2"),
    ],
)
def test_data_that_do_not_fit_are_explained(estimator, values, message):
    with pytest.raises(UserError, match=message):
        fitted(estimator, values)

"""What the loop relies on in every family, metric and source: the checks of `genloop.testing`; more of networks."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from cases import CASES, SOURCES

from genloop.experiment import Experiment
from genloop.families.neural import NeuralEstimator
from genloop.runs.runner import run
from genloop.testing.expecting import CONTEXT
from genloop.testing.family import CHECKS, Family
from genloop.testing.metric import check_metric_on
from genloop.testing.source import check_source


@pytest.fixture(scope="module", params=CASES)
def experiment(request: pytest.FixtureRequest) -> Experiment:
    return CASES[request.param]()


@pytest.fixture(scope="module")
def family(experiment: Experiment, tmp_path_factory: pytest.TempPathFactory) -> Family:
    folder = tmp_path_factory.mktemp(experiment.name)
    return Family(experiment.estimator, experiment.source, folder, experiment.num_samples)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_family(family, check):
    check(family)


def test_source_of_a_family(experiment, tmp_path):
    check_source(experiment.source, folder=tmp_path)


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: type(source).__name__)
def test_source(source, tmp_path):
    check_source(source, folder=tmp_path)


def test_metrics(experiment, family):
    for metric in experiment.metrics:
        check_metric_on(metric, family)


def test_a_run_has_all_values_and_none_is_missing(experiment, tmp_path):
    rows = list(run(experiment, tmp_path, runtime=CONTEXT.runtime).rows())
    assert {row.metric for row in rows} == {
        name for metric in experiment.metrics for name in (value.name for value in metric.values)
    }
    assert "test_loss" in {row.metric for row in rows}
    assert all(row.value is not None for row in rows)


@pytest.fixture
def network(family: Family) -> Family:
    """A family of networks that takes one row a step, with rows of equal size."""
    if not isinstance(family.estimator, NeuralEstimator):
        pytest.skip("trains no network")
    return replace(family, estimator=replace(family.estimator, batch=1, epochs=1))


def _halves(network: Family) -> tuple[Any, Any]:
    """Return two data sets of as many whole rows each."""
    train, estimator = network.train, network.estimator
    assert isinstance(estimator, NeuralEstimator)
    num_rows = estimator.num_rows(len(train))
    half = num_rows // 2 * (len(train) // num_rows)
    return train.slice(0, half), train.slice(half, 2 * half)


def test_an_example_weighs_the_same_in_every_batch(network):
    """Steps that change nothing: each loss is that of the equally weighted fit, times weight over mean weight.

    The mean over the epoch is then the weighted loss of all data, and its gradient the mean of those of the steps.
    """
    first, second = _halves(network)
    estimator = replace(network.estimator, learning_rate=1e-30)
    plain, weighted = (
        np.array(estimator.fit(first.concat([second.weighted(weight)]), seed=1, context=CONTEXT).record.losses)
        for weight in (1.0, 3.0)
    )
    num = len(plain) // 2
    assert np.sort(weighted / plain) == pytest.approx(num * [0.5] + num * [1.5], rel=1e-5)  # sums in float32


def test_an_example_of_weight_0_counts_for_nothing(network):
    """Whatever the other half of the examples is, the fit is the same to the bit, and has diverged nowhere."""
    first, second = _halves(network)
    fits = [
        network.estimator.fit(first.concat([others.weighted(0.0)]), seed=1, context=CONTEXT)
        for others in (first, second)
    ]
    weights = [[weight.tolist() for weight in fitted.network.parameters()] for fitted in fits]
    assert weights[0] == weights[1]
    assert fits[0].record == fits[1].record
    assert fits[0].status == "fitted"

"""Loops that take a moment, whose curves show how good forecasts are."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from genloop.data.known import Normal, Zipf
from genloop.data.regression.source import Regression
from genloop.data.text.grammar import StoryGrammar
from genloop.executors.memory import simulate
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression
from genloop.families.statistical.discrete import Discrete
from genloop.families.statistical.gaussian import Gaussian
from genloop.families.statistical.ngram import NGram
from genloop.metrics.categorical import TableError
from genloop.metrics.regression import TestError
from genloop.metrics.statistical import KLDivergence
from genloop.metrics.text import TestLoss
from genloop.paper.hindcasts import KnownCurve
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Policy,
    Replace,
    ReplaceMultiple,
    Window,
)
from genloop.policy_text import policy_name
from genloop.types import Estimator, Metric, Source

NUM_ITERATIONS = 20
FIRST_SEED = 200  # those below 10 and from 100 to 111 were in sight when forecasts were designed
REUSING = (
    Replace(), Accumulate(), ReplaceMultiple(), Window(3), Augment(), AccumulateSubsample(), Mix(0.1)
)  # fmt: skip
POLICIES = (*REUSING, Fresh(0.5))
FEW = (Replace(), Accumulate(), ReplaceMultiple())


@dataclass(frozen=True)
class Family:
    """One kind of loop.

    Attributes:
        about: its settings.
        metric: the value that is forecast.
        policies: under which it runs.
        num_seeds: independent repetitions, each with real data of its own.
        experiment: of a seed.
    """

    about: str
    metric: str
    policies: tuple[Policy, ...]
    num_seeds: int
    experiment: Callable[[int], Experiment]

    @property
    def seeds(self) -> range:
        return range(FIRST_SEED, FIRST_SEED + self.num_seeds)


def known_curves(name: str, family: Family) -> Iterator[KnownCurve]:
    """Run the loops of a family, seed by seed, and iterate over their curves."""
    for seed in family.seeds:
        curves: dict[Policy, list[float]] = defaultdict(list)
        for iteration, values in simulate(family.experiment(seed)):
            value = values[family.metric].value
            assert value is not None
            curves[iteration.policy].append(value)
        for policy, values in curves.items():
            yield KnownCurve(name, policy_name(policy), seed, tuple(values))


def linear_name(num_loops: int) -> str:
    """Return the name of linear regression with so many loops averaged."""
    return f"linear regression, {num_loops} loop{'s' if num_loops > 1 else ''}"


def _linear(num_loops: int) -> Family:
    def experiment(seed: int) -> Experiment:
        source = Regression(dimension=10, num_train=100, num_test=1, num_replicates=num_loops, seed=seed)
        return _experiment(source, LinearRegression(), REUSING, TestError(), 100, seed)

    about = f"d = 10, T = 100, one design; test loss averaged over {num_loops} loop{'s' if num_loops > 1 else ''}"
    return Family(about, "test_loss", REUSING, 10, experiment)


def _gaussian(num_loops: int) -> Family:
    def experiment(seed: int) -> Experiment:
        source = Normal(num_train=2000, num_replicates=num_loops, seed=seed)
        return _experiment(source, Gaussian(), POLICIES, KLDivergence(), 100, seed)

    about = f"T = 100; KL divergence from the truth averaged over {num_loops} loops"
    return Family(about, "kl_divergence", POLICIES, 10, experiment)


def _zipf(seed: int) -> Experiment:
    source = Zipf(num_train=20_000, num_replicates=10, seed=seed)
    return _experiment(source, Discrete(num_types=1000, smoothing=1e-4), POLICIES, TableError(), 1000, seed)


def _ngram(seed: int) -> Experiment:
    source = StoryGrammar(vocabulary=512, num_train=500, seed=seed)
    return _experiment(source, NGram(order=3), FEW, TestLoss(num_tokens=5000), 5000, seed)


def _experiment(
    source: Source, estimator: Estimator, policies: tuple[Policy, ...], metric: Metric, num_samples: int, seed: int
) -> Experiment:
    return Experiment(
        "forecast", source, estimator, policies, (metric,), NUM_ITERATIONS, num_samples=num_samples, seeds=(seed,)
    )


FAMILIES: Mapping[str, Family] = {
    **{linear_name(num): _linear(num) for num in (1, 10, 100)},
    "Gaussian, 10 loops": _gaussian(10),
    "Gaussian, 100 loops": _gaussian(100),
    "Zipf table, 10 loops": Family(
        "1,000 types, T = 1,000; total variation averaged over 10 loops", "total_variation", POLICIES, 10, _zipf
    ),
    "trigram model": Family("generated stories, T = 5,000 tokens; test loss of 1 loop", "test_loss", FEW, 3, _ngram),
}

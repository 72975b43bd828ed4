"""The feedback loop: fit, sample, evaluate, update the data, repeat.

The loop is written down as steps before anything is computed, so that a run can be planned, shared between policies
and resumed. It knows no family and no policy.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from genloop.assembly import assemble, at_least
from genloop.experiment import Experiment
from genloop.identity import derive_seed
from genloop.policies import Policy
from genloop.policy_text import policy_name
from genloop.sizes import Sizes, is_of_samples_alone, most_of
from genloop.steps import Data, Fit, Fitted, HeldOut, Prepare, RealSamples, Sample, Score, Step, TrainingSet
from genloop.supply import check_supply
from genloop.types import Metric


@dataclass(frozen=True)
class Iteration:
    """One fit-sample-evaluate round; iteration 1 is fitted on real data only, and also scores real data themselves.

    Attributes:
        policy: of the loop.
        seed: of the loop.
        number: counted from 1.
        model: the fit.
        samples: what the model generates.
        scores: what is measured of it.
        noise_floor: the same scores with real data in the place of samples, at iteration 1 only.
    """

    policy: Policy
    seed: int
    number: int
    model: Fit
    samples: Sample
    scores: tuple[Score, ...]
    noise_floor: tuple[Score, ...]

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of the round, in the order in which they are computed."""
        return (self.model, self.samples, *self.scores, *self.noise_floor)

    @property
    def train(self) -> TrainingSet:
        """What the model is fitted on."""
        return self.model.train


def plan_iterations(
    experiment: Experiment, num_real: int, real: Prepare | None = None, *, num_test: int | None = None
) -> list[Iteration]:
    """Return the rounds of all policies and seeds, earlier iterations first.

    Args:
        experiment: what to compute.
        num_real: number of real training examples.
        num_test: number of real test examples, where they have been counted.
        real: the real data, where their step is at hand: naming it anew reads files of the user's own once more.

    Raises:
        UserError: if a policy asks for more than its sources hold.
    """
    unit = experiment.num_samples or num_real
    check_policies(experiment, num_real / unit)
    real = real or Prepare(experiment.source)
    sizes = Sizes(_fewest_samples(experiment, unit), num_real, num_test)
    rounds = [
        iteration
        for seed in experiment.seeds
        for policy in experiment.policies
        for iteration in unroll(experiment, policy, seed, unit, real, sizes=sizes)
    ]
    return sorted(rounds, key=lambda iteration: iteration.number)


def check_policies(experiment: Experiment, num_real: float) -> None:
    """Raise UserError if a policy asks for more than its sources hold; `num_real` is in units of T."""
    for policy in experiment.policies:
        check_supply(policy_name(policy), policy, experiment.num_iterations, num_real, unit=experiment.num_samples)


def _fewest_samples(experiment: Experiment, unit: int) -> int:
    """Return the size of the smallest sample of a run; none at all is no sample."""
    numbers = range(1, experiment.num_iterations + 1)
    sizes = [num for policy in experiment.policies for number in numbers if (num := _num_samples(policy, number, unit))]
    return min(sizes, default=unit)


def _num_samples(policy: Policy, number: int, unit: int) -> int:
    return at_least(policy.num_samples(number) * unit)


def unroll(
    experiment: Experiment,
    policy: Policy,
    seed: int,
    unit: int,
    real: Prepare | None = None,
    *,
    sizes: Sizes | None = None,
) -> Iterator[Iteration]:
    """Iterate over the rounds of one policy and seed.

    Args:
        experiment: what to compute.
        policy: what each training set is made of.
        seed: seed of the loop; policies that share it meet the same random numbers.
        unit: T, the number of examples in the first training set.
        real: as in `plan_iterations`.
        sizes: what the run offers to be looked at; by default, as much as the first training set holds.
    """
    real = real or Prepare(experiment.source)
    sizes = sizes or Sizes(unit, unit)
    sources: list[Data] = [real]
    models: list[Fitted] = []

    for number in range(1, experiment.num_iterations + 1):
        train = assemble(policy, number, sources, unit, seed=derive_seed(seed, "draw", number))
        model = _fit(experiment, train, models, seed=derive_seed(seed, "fit", number))
        models.append(model.result)
        num_samples = _num_samples(policy, number, unit)
        samples = Sample(model.result, num_samples, seed=derive_seed(seed, "sample", number))
        scores = _evaluate(experiment, train, models, samples, sizes, seed=derive_seed(seed, "score", number))
        noise_floor = _noise_floor(scores, num_samples, sizes) if number == 1 else ()
        yield Iteration(policy, seed, number, model, samples, scores, noise_floor)
        sources.append(samples.result)


def _fit(experiment: Experiment, train: TrainingSet, earlier: Sequence[Fitted], *, seed: int) -> Fit:
    number = len(earlier) + 1
    previous = earlier[-1] if earlier and experiment.init == "previous" else None
    return Fit(experiment.estimator_at(number), train, number, seed, previous)


def _evaluate(
    experiment: Experiment, train: TrainingSet, models: Sequence[Fitted], samples: Sample, sizes: Sizes, *, seed: int
) -> tuple[Score, ...]:
    """Return the scores of the latest model."""
    return tuple(
        Score(
            metric, train.real, models[-1], samples.result, train, models[0], seed,
            num=_num_looked_at(metric, samples.num, sizes),
            by_half=sizes.of(metric) is not None and not is_of_samples_alone(metric),
        )
        for metric in experiment.metrics
    )  # fmt: skip


def _num_looked_at(metric: Metric, num_samples: int, sizes: Sizes) -> int | None:
    """Return how many samples a metric looks at; None where it looks at no fewer than if there were no such rule."""
    num = sizes.of(metric)
    return num if num is not None and num < most_of(metric, num_samples) else None


def size_remark(iterations: Iterable[Iteration], num_samples: int, unit: str) -> str:
    """Return which metrics look at less than half of what they could of T, since a policy generates little; or nothing.

    One such policy makes all policies of a run be compared on as little.

    Args:
        iterations: rounds of all policies and seeds.
        num_samples: T.
        unit: what one example is.
    """
    rounds = list(iterations)
    least = min((item for item in rounds if item.samples.num), key=lambda item: item.samples.num)
    cut = {type(score.metric).__name__: score.metric for item in rounds for score in item.scores if score.num}
    possible = {name: most_of(metric, num_samples) for name, metric in cut.items()}
    fewer = [
        f"{least.samples.num:,} of {num:,} {unit}s ({name})"
        for name, num in possible.items()
        if least.samples.num < num / 2
    ]
    if not fewer:
        return ""
    return (
        f"Of every sample under all policies, {', '.join(fewer)} are looked at, as models under "
        f"{policy_name(least.policy)} generate no more."
    )


def _noise_floor(scores: Sequence[Score], num_samples: int, sizes: Sizes) -> tuple[Score, ...]:
    """Return the scores of samples once more, with as many real examples in their place."""
    of_samples = [score for score in scores if "samples" in score.metric.needs]
    return tuple(
        replace(score, samples=_stand_in(score.metric, num_samples, sizes), num=None, by_half=False)
        for score in of_samples
    )


def _stand_in(metric: Metric, num_samples: int, sizes: Sizes) -> RealSamples | HeldOut:
    if is_of_samples_alone(metric):
        return RealSamples(most_of(metric, min(sizes.samples, sizes.train)))
    num, half = sizes.of(metric), sizes.half_of_test
    there_are = num_samples if half is None else min(num_samples, half)
    return HeldOut(num_samples if num in (None, there_are) else num)  # which has keys of before

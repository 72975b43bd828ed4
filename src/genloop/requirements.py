"""Whether models and metrics suit the data of a run: asked when it is planned, before anything is fitted.

An estimator or a metric may say what it takes: `examples`, the unit of its data; `requires`, which finds what else
stands in the way; and, of what a fitted model can do, what an estimator `offers` and a metric `wants`. One that says
nothing is believed to take anything.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from genloop.errors import UserError
from genloop.loop import Iteration
from genloop.steps import Fit, HeldOut, Score
from genloop.steps.score import judging_half
from genloop.types import ChoosyEstimator, ChoosyMetric, Dataset


def check_needs(iterations: Sequence[Iteration], train: Dataset, test: Dataset) -> None:
    """Raise UserError with all that stands in the way of the fits and scores of a run.

    Args:
        iterations: rounds of all policies and seeds.
        train: all real training data.
        test: all real test data.
    """
    problems = dict.fromkeys(
        [
            *_of_fits((iteration.model for iteration in iterations), train),
            *_of_scores((score for each in iterations for score in (*each.scores, *each.noise_floor)), test),
        ]
    )
    if problems:
        raise UserError(" ".join(problems))


def _of_fits(fits: Iterable[Fit], train: Dataset) -> Iterator[str]:
    """Iterate over what stands in the way of fits to the least of the training sets of each estimator."""
    least: dict[int, Fit] = {}
    for fit in fits:
        known = least.setdefault(id(fit.estimator), fit)
        if fit.train.num_examples < known.train.num_examples:
            least[id(fit.estimator)] = fit
    for fit in least.values():
        estimator, num = fit.estimator, fit.train.num_examples
        if problem := _of_another_unit(estimator, train):
            yield problem
        elif isinstance(estimator, ChoosyEstimator):
            yield from estimator.requires(train.slice(0, min(num, len(train))), num)


def _of_scores(scores: Iterable[Score], test: Dataset) -> Iterator[str]:
    """Iterate over what stands in the way of the scores of the fewest samples of each metric and estimator."""
    least: dict[tuple[int, int, type], Score] = {}
    for score in scores:
        kind = id(score.metric), id(score.model.estimator), type(score.samples)
        known = least.setdefault(kind, score)
        if score.samples.num < known.samples.num:
            least[kind] = score
    for score in least.values():
        yield from _of_score(score, test)


def _of_score(score: Score, test: Dataset) -> Iterator[str]:
    metric = score.metric
    judge = score.first.estimator if "first" in metric.needs else score.model.estimator
    if problem := _of_another_unit(metric, test):
        yield problem
    elif lacking := _lacking(metric, judge):
        yield (
            f"{type(metric).__name__} needs {lacking}, which {type(judge).__name__} has not. Leave the metric out, or "
            "use another estimator."
        )
    elif isinstance(metric, ChoosyMetric):
        judging, num = _judging(score, test)
        yield from metric.requires(judging, num, score.model.estimator)


def _judging(score: Score, test: Dataset) -> tuple[Dataset, int]:
    """Return the real test data that judge, and how many examples they judge."""
    if isinstance(score.samples, HeldOut):
        judging, samples = score.samples.halves(test)
        return judging, len(samples)
    num = score.samples.num if score.num is None else min(score.num, score.samples.num)
    return judging_half(test) if score.by_half else test, num


def _of_another_unit(component: Any, data: Dataset) -> str:
    unit = getattr(component, "examples", data.unit)
    if unit == data.unit:
        return ""
    return f"{type(component).__name__} is for {unit}s, and the data are {data.unit}s. Use another, or other data."


def _lacking(metric: Any, estimator: Any) -> str:
    """Return what a metric wants of models and an estimator does not offer, in words; empty for nothing."""
    offered = getattr(estimator, "offers", None)
    wanted = getattr(metric, "wants", {})
    return "" if offered is None else " and ".join(words for name, words in wanted.items() if name not in offered)

"""What the loop relies on in every metric."""

from pathlib import Path
from typing import Any

from genloop.testing.expecting import CONTEXT, attempt, check_component, expect, title
from genloop.testing.family import Family
from genloop.types import DataT, DomainT, Estimator, Evidence, Metric, ModelT, Source
from genloop.values import to_facts

KINDS = {"model", "samples", "train", "first"}


def check_metric(
    metric: Metric[DataT, ModelT],
    estimator: Estimator[DataT, DomainT, ModelT],
    *,
    source: Source[DomainT],
    folder: Path,
    num_examples: int | None = None,
) -> None:
    """Check a metric on one model of a family that it can judge.

    Args:
        metric: what to check.
        estimator: what it can judge, small enough to be fitted in seconds.
        source: real data for the estimator.
        folder: where the check may write.
        num_examples: size of the training set; None for all real training data.

    Raises:
        AssertionError: if the loop could not rely on it, saying what to change.
    """
    check_metric_on(metric, Family(estimator, source, folder, num_examples))


def check_metric_on(metric: Metric, family: Family) -> None:
    """Check a metric on a family whose model may be fitted already."""
    check_component(metric)
    expect(
        set(metric.needs) <= KINDS,
        f"{title(metric)}.needs names {sorted(set(metric.needs) - KINDS)}. Name some of {', '.join(sorted(KINDS))}.",
    )
    expect(
        bool(metric.about), f"{title(metric)}.about is empty. Say which scorer judges what: 'real test text | model_t'."
    )
    evidence = _evidence(metric, family)
    facts = _scored(metric, evidence)
    expect(
        facts == _scored(metric, evidence),
        f"{title(metric)} measures other values each time, with one seed. Draw all that is random from the seed.",
    )
    _floor(metric, family)


def _scored(metric: Metric, evidence: Evidence) -> Any:
    """Return what would be recorded: every declared value, and no other."""
    problem = f"What {title(metric)} measures cannot be recorded"
    return attempt(problem, lambda: to_facts(metric.values, metric.score(evidence, seed=1, context=CONTEXT)))


def _evidence(metric: Metric, family: Family) -> Evidence:
    """Return what the metric says it needs, and nothing else."""
    model = family.model
    offered: dict[str, Any] = {
        "model": model,
        "first": model,
        "train": family.train,
        "samples": family.samples if "samples" in metric.needs else None,
    }
    return Evidence(family.test, **{name: offered[name] for name in metric.needs})


def _floor(metric: Metric, family: Family) -> None:
    """A metric of samples is asked about real data in their place, which is its noise floor."""
    if "samples" not in metric.needs:
        return
    half = len(family.test) // 2
    evidence = _evidence(metric, family)
    floor = Evidence(
        family.test.slice(half, len(family.test)),
        **{name: getattr(evidence, name) for name in metric.needs - {"samples"}},
        samples=family.test.slice(0, min(half, len(family.samples))),
    )
    _scored(metric, floor)

"""What stands behind the parts of an experiment: each part says it itself, as keys of `references.bib` or BibTeX."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from genloop import catalog
from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.experiment_file import OTHERS, part_from_dict
from genloop.policy_text import parse_policy, policy_name

Citations = Mapping[str, Sequence[str]]  # what a publication is cited for -> keys or entries


def citations_of(experiment: Experiment) -> Citations:
    """Return what the parts of an experiment cite; a part that cites nothing is left out."""
    return _cited(experiment.policies, [experiment.source], experiment.estimators, experiment.metrics)


def recorded_citations(experiment: Mapping[str, Any]) -> Citations:
    """Return what a record of before its citations were in it cites; it brings back no classes of the user's own."""
    estimators = [each for each in map(experiment.get, ("estimator", *OTHERS)) if each]
    return _cited(
        list(_known("policy", experiment["policies"])),
        list(_known("source", [experiment["source"]])),
        list(_known("estimator", estimators)),
        list(_known("metric", experiment["metrics"])),
    )


def _known(kind: str, written: Iterable[Any]) -> Iterator[Any]:
    for each in written:
        try:
            yield parse_policy(each) if kind == "policy" else part_from_dict(kind, each)
        except UserError:
            continue


def _cited(
    policies: Sequence[Any], sources: Sequence[Any], estimators: Sequence[Any], metrics: Sequence[Any]
) -> Citations:
    named = [
        *((f"policy {policy_name(each).partition('(')[0]}", _own(each)) for each in policies),
        *((f"source {catalog.SOURCES.name_of(each)}", _own(each)) for each in sources),
        *((f"estimator {catalog.ESTIMATORS.name_of(each)}", _own(each)) for each in estimators),
        *((f"metric {catalog.METRICS.name_of(each)}", _of_values(each)) for each in metrics),
    ]
    return {reason: cited for reason, cited in named if cited}


def _own(part: Any) -> list[str]:
    cited = getattr(part, "citations", ())
    return [cited] if isinstance(cited, str) else list(cited)


def _of_values(metric: Any) -> list[str]:
    return list(dict.fromkeys(key for value in metric.values for key in value.citations))

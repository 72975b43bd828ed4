"""What to cite for a run: genloop, the study, and exactly what stands behind what the run used."""

from collections.abc import Iterator, Mapping
from typing import Any

from genloop.report.references import ALWAYS, ESTIMATORS, HUB, METRICS, POLICIES, SOURCES, THEORY, Keys, references
from genloop.runs.record import Run


def bibtex(*runs: Run) -> str:
    """Return BibTeX of what the runs used, each entry once, under a comment that says for what it stands there."""
    reasons: dict[str, list[str]] = {key: ["every run"] for key in ALWAYS}
    for run in runs:
        for reason, keys in _used(run.record.experiment):
            for key in keys:
                reasons.setdefault(key, []).append(reason)
    entries = references()
    return "\n\n".join(f"% for {', '.join(dict.fromkeys(why))}\n{entries[key]}" for key, why in reasons.items()) + "\n"


def _used(experiment: Mapping[str, Any]) -> Iterator[tuple[str, Keys]]:
    """Iterate over what an experiment names, and the keys of what stands behind it; an extension's class has none."""
    for policy in experiment["policies"]:
        name = policy.partition("(")[0]
        yield f"policy {name}", POLICIES.get(name, ())
    source = experiment["source"]
    yield f"source {source['type']}", SOURCES.get(source["type"], ())
    if source["type"] == "hub":
        yield f"data set {source['name']}", HUB.get(source["name"], ())
    estimators = [each["type"] for each in (experiment["estimator"], experiment.get("first_estimator")) if each]
    for name in estimators:
        yield f"estimator {name}", ESTIMATORS.get(name, ())
    for name in (*estimators, source["type"]):
        yield f"theory of {name}", THEORY.get(name, ())
    for metric in experiment["metrics"]:
        yield f"metric {metric['type']}", METRICS.get(metric["type"], ())

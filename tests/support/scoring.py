"""What metrics measure, as plain numbers by name."""

from typing import Any

from genloop import catalog
from genloop.types import Context, Evidence
from genloop.values import Measured


def score(metric: Any, *, seed: int = 0, context: Context | None = None, **evidence: Any) -> dict[str, float]:
    """Return the values of a metric."""
    return {name: found.value for name, found in _measured(metric, seed, context, evidence).items()}


def standard_errors(
    metric: Any, *, seed: int = 0, context: Context | None = None, **evidence: Any
) -> dict[str, float | None]:
    """Return the standard errors of a metric's values."""
    return {name: found.standard_error for name, found in _measured(metric, seed, context, evidence).items()}


def _measured(metric: Any, seed: int, context: Context | None, evidence: dict[str, Any]) -> dict[str, Measured]:
    found = metric.score(Evidence(**{"test": None, **evidence}), seed=seed, context=context or Context())
    assert list(found) == [value.name for value in metric.values]
    return {name: each if isinstance(each, Measured) else Measured(each) for name, each in found.items()}


ARGUMENTS: dict[str, dict[str, Any]] = {
    "attribute-shares": {"attributes": ("Smiling",)},
    "inception-fid": {"weights": "inception.pt"},
}


def every_metric() -> list[Any]:
    """Return a metric of every name of the catalog."""
    kinds = {name: catalog.METRICS.load(name) for name in catalog.METRICS}
    return [kind(**ARGUMENTS.get(name, {})) for name, kind in kinds.items()]

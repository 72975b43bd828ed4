"""Model-data feedback loops: fit, sample, evaluate, update the data, repeat.

Everything for users and for authors of extensions is here, in `genloop.text`, `.images`, `.molecules`, `.numbers` and
`.theory`, and in `genloop.testing`; deeper paths may change. Importing this package loads neither torch nor ray.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from genloop.version import __version__

if TYPE_CHECKING:
    from genloop.analysis.outcome import outcomes
    from genloop.catalog import recipe
    from genloop.errors import UserError
    from genloop.executors.memory import simulate
    from genloop.experiment import Experiment
    from genloop.identity import describe
    from genloop.policies import (
        Accumulate,
        AccumulateSubsample,
        Augment,
        Fresh,
        Mix,
        Mixture,
        Policy,
        Replace,
        ReplaceMultiple,
        Schedule,
        Share,
        Window,
    )
    from genloop.report.answer import answer
    from genloop.report.tables import results_table
    from genloop.runs.record import Run
    from genloop.runs.runner import run
    from genloop.types import (
        Context,
        Cost,
        Dataset,
        Domain,
        Estimator,
        Evidence,
        Metric,
        Model,
        Progress,
        Resources,
        Runtime,
        Source,
    )
    from genloop.values import Measured, Value

# Each is imported when it is asked for, so that a command can be interrupted before anything is loaded.
_LATE = {
    "Accumulate": "genloop.policies",
    "AccumulateSubsample": "genloop.policies",
    "Augment": "genloop.policies",
    "Context": "genloop.types",
    "Cost": "genloop.types",
    "Dataset": "genloop.types",
    "Domain": "genloop.types",
    "Estimator": "genloop.types",
    "Evidence": "genloop.types",
    "Experiment": "genloop.experiment",
    "Fresh": "genloop.policies",
    "Measured": "genloop.values",
    "Metric": "genloop.types",
    "Mix": "genloop.policies",
    "Mixture": "genloop.policies",
    "Model": "genloop.types",
    "Policy": "genloop.policies",
    "Progress": "genloop.types",
    "Replace": "genloop.policies",
    "ReplaceMultiple": "genloop.policies",
    "Resources": "genloop.types",
    "Run": "genloop.runs.record",
    "Runtime": "genloop.types",
    "Schedule": "genloop.policies",
    "Share": "genloop.policies",
    "Source": "genloop.types",
    "UserError": "genloop.errors",
    "Value": "genloop.values",
    "Window": "genloop.policies",
    "answer": "genloop.report.answer",
    "describe": "genloop.identity",
    "outcomes": "genloop.analysis.outcome",
    "recipe": "genloop.catalog",
    "results_table": "genloop.report.tables",
    "run": "genloop.runs.runner",
    "simulate": "genloop.executors.memory",
}

__all__ = [
    "Accumulate",
    "AccumulateSubsample",
    "Augment",
    "Context",
    "Cost",
    "Dataset",
    "Domain",
    "Estimator",
    "Evidence",
    "Experiment",
    "Fresh",
    "Measured",
    "Metric",
    "Mix",
    "Mixture",
    "Model",
    "Policy",
    "Progress",
    "Replace",
    "ReplaceMultiple",
    "Resources",
    "Run",
    "Runtime",
    "Schedule",
    "Share",
    "Source",
    "UserError",
    "Value",
    "Window",
    "__version__",
    "answer",
    "describe",
    "outcomes",
    "recipe",
    "results_table",
    "run",
    "simulate",
]


def __getattr__(name: str) -> Any:
    if name not in _LATE:
        raise AttributeError(f"module 'genloop' has no attribute {name!r}")
    return getattr(import_module(_LATE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)

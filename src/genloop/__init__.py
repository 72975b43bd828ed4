"""Model-data feedback loops: fit, sample, evaluate, update the data, repeat.

Importing this package loads neither torch nor ray.
"""

from genloop.errors import UserError
from genloop.experiment import Experiment
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Replace,
    ReplaceMultiple,
    Schedule,
    Window,
)
from genloop.runs.record import Run
from genloop.runs.runner import run
from genloop.types import Runtime
from genloop.values import Measured, Value
from genloop.version import __version__

__all__ = [
    "Accumulate",
    "AccumulateSubsample",
    "Augment",
    "Experiment",
    "Fresh",
    "Measured",
    "Mix",
    "Replace",
    "ReplaceMultiple",
    "Run",
    "Runtime",
    "Schedule",
    "UserError",
    "Value",
    "Window",
    "__version__",
    "run",
]

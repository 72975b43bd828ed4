"""The command line: the commands, each in the file of what it is about, and how they are run."""

from genloop.cli import (
    checking,
    citing,
    experiments,
    forecasting,
    names,
    reporting,
    reproduction,
    results,
    theory,
    watching,
)
from genloop.cli.app import main

__all__ = [
    "checking",
    "citing",
    "experiments",
    "forecasting",
    "main",
    "names",
    "reporting",
    "reproduction",
    "results",
    "theory",
    "watching",
]

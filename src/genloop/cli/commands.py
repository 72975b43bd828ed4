"""All commands: importing this gives them to `app`."""

from genloop.cli import (
    checking,
    citing,
    experiments,
    forecasting,
    names,
    reporting,
    reproduction,
    results,
    storing,
    theory,
    watching,
)
from genloop.cli.app import app, run_commands

__all__ = [
    "app",
    "checking",
    "citing",
    "experiments",
    "forecasting",
    "names",
    "reporting",
    "reproduction",
    "results",
    "run_commands",
    "storing",
    "theory",
    "watching",
]

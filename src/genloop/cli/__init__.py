"""The command line: the commands, each in the file of what it is about, and how they are run."""

from genloop.cli import experiments, names, reproduction, results, theory
from genloop.cli.app import main

__all__ = ["experiments", "main", "names", "reproduction", "results", "theory"]

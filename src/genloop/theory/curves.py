"""All published results as one table, `RESULTS`: name to statement, function and what it rests on.

The functions live in one file per subject; the engine that predicts any policy is `propagate`.
"""

from genloop.theory import regression, selection, smoothers, statistics, tails
from genloop.theory.curve import RESULTS, Basis, Curve, Result

__all__ = ["RESULTS", "Basis", "Curve", "Result", "regression", "selection", "smoothers", "statistics", "tails"]

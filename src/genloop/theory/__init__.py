"""What a policy does to errors, without training: the engine for any policy, and every published result by name.

`error_curve` predicts any policy, `growth_of` how that goes on for ever. `RESULTS` maps a name to a statement, a
function and what it rests on; the functions live in one file per subject.
"""

from genloop.theory import regression, selection, smoothers, statistics, tails
from genloop.theory.curve import RESULTS, Basis, Curve, Result
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.growth import Growth, growth_of
from genloop.theory.propagate import error_curve, fitted_moments
from genloop.theory.regression import ols_test_error
from genloop.theory.solve import smallest_real_share

__all__ = [
    "RESULTS",
    "Basis",
    "Curve",
    "Growth",
    "Result",
    "error_curve",
    "fitted_moments",
    "fresh_design_error_curve",
    "growth_of",
    "ols_test_error",
    "regression",
    "selection",
    "smallest_real_share",
    "smoothers",
    "statistics",
    "tails",
]

"""The table of all results of the theory: predicted, simulated, standard error, verdict."""

from genloop.reproduce import check_regression, check_statistics, check_tails
from genloop.reproduce.claims import Claim, Reproduction
from genloop.reproduce.measurement import Measurement
from genloop.reproduce.request import Request
from genloop.theory.curves import RESULTS, Result


def reproduce_theory(request: Request) -> Reproduction:
    """Simulate every result of `theory.curves.RESULTS`, with fixed seeds, and judge it within 4 standard errors.

    The conditions, which name constants that nobody can measure, are listed without a verdict. Nothing is written, as
    a table has no figures.
    """
    request.refuse_scale("theory")
    return Reproduction("Results of the theory, predicted and simulated", tuple(map(judge, RESULTS.values())))


def judge(result: Result) -> Claim:
    """Return one result beside its simulation."""
    if result.basis.status == "condition only":
        return Claim(f"{result.name}: condition only, not simulated. {result.statement}")
    found = simulate(result.name)
    text = f"{result.name} ({found.setting})"
    return Claim(text, found.expected, found.measured, found.standard_error, found.holds)


def simulate(name: str) -> Measurement:
    """Run the simulation of the result of this name."""
    function = name.replace("-", "_")
    module = next(each for each in (check_regression, check_statistics, check_tails) if hasattr(each, function))
    return getattr(module, function)()

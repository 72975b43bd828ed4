"""The table of all results of the theory: predicted, simulated, standard error, verdict."""

import time

from genloop.paper import check_regression, check_statistics, check_tails
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import simulated
from genloop.study.measurement import Measurement
from genloop.study.page import write_pages
from genloop.study.request import Request
from genloop.theory.curves import RESULTS, Result

TITLE = "Results of the theory, predicted and simulated"
RULE = (
    "A result holds if its simulation is within 4 standard errors, over independent replicas. Conditions name "
    "constants that nobody can measure and are listed without a verdict. References and derivations: docs/theory.md."
)


def reproduce_theory(request: Request) -> Reproduction:
    """Simulate every result of `theory.curves.RESULTS`, with fixed seeds, and judge it within 4 standard errors."""
    request.refuse_scale("theory")
    directory, started = request.directory("theory"), time.perf_counter()
    claims = tuple(map(judge, RESULTS.values()))
    computation = simulated("theory", started)
    return write_pages(Reproduction(TITLE, claims, notes=(RULE,), computation=computation), directory)


def judge(result: Result) -> Claim:
    """Return one result beside its simulation."""
    if result.basis.status == "condition only":
        return Claim(f"{result.name}: condition only, not simulated. {result.statement}")
    found = simulate(result.name)
    text = f"{result.name}: {result.statement} ({found.setting})"
    return Claim(text, found.expected, found.measured, found.standard_error, found.holds)


def simulate(name: str) -> Measurement:
    """Run the simulation of the result of this name."""
    function = name.replace("-", "_")
    module = next(each for each in (check_regression, check_statistics, check_tails) if hasattr(each, function))
    return getattr(module, function)()

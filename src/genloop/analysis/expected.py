"""What theory expects of a loop of a run: the curve of its policy, and what of its training sets is real."""

from dataclasses import dataclass

from genloop import catalog
from genloop.errors import UserError
from genloop.policies import REAL, Policy
from genloop.policy_text import is_own_policy, parse_policy
from genloop.runs.record import Run
from genloop.theory.curve import Array
from genloop.theory.growth import Growth, growth_of
from genloop.theory.propagate import error_curve, fitted_moments

BOUNDED = Growth("bounded", 0.0)


@dataclass(frozen=True, eq=False)
class Expected:
    """What is known beforehand of a metric under a policy.

    Attributes:
        values: a curve of the same shape, for iterations 1 to the last that is asked for.
        growth: how they go on.
        is_of_metric: whether theory's curve is that of this very metric, rather than of errors in general.
    """

    values: Array
    growth: Growth
    is_of_metric: bool


def expected_of(run: Run, policy: str, metric: str, until: int) -> Expected | None:
    """Return what theory knows of a metric under a policy; None of policies of the user's own, or that end before."""
    if is_own_policy(policy):
        return None
    experiment, num_examples = run.record.experiment, run.record.num_samples
    parsed, estimator = parse_policy(policy), experiment["estimator"]
    theory = theory_of(run, metric)
    try:
        if theory.endswith("of a Gaussian"):
            narrowing, unbiased = estimator.get("narrowing", 1.0), estimator.get("unbiased", False)
            found = fitted_moments(parsed, until, num_examples=num_examples, narrowing=narrowing, unbiased=unbiased)
            values = found.mean_error.values if theory.startswith("mean") else found.variance.values
            if unbiased or narrowing > 1:
                return None if narrowing != 1 else Expected(values, growth_of(parsed), theory.startswith("mean"))
            return Expected(values, BOUNDED, is_of_metric=True)  # mean error and variance sum to 1 or less
        return Expected(error_curve(parsed, until).values, growth_of(parsed), theory.endswith("of least squares"))
    except UserError:
        return None  # a schedule that ends before


def theory_of(run: Run, metric: str) -> str:
    """Return of which theory both a value and the estimator are; empty for none.

    Of an estimator of the user's own a record tells nothing.
    """
    theory = next((value.theory for value in run.declared() if value.name == metric), "")
    try:
        estimator = catalog.ESTIMATORS.load(run.record.experiment["estimator"]["type"])
    except UserError:
        return ""
    return theory if theory in getattr(estimator, "theories", ()) else ""


def real_shares(policy: Policy, num_iterations: int) -> tuple[float, float]:
    """Return what part of the fits of iterations 2 to some end is real: the least, and that of the last."""
    parts = []
    for iteration in range(2, num_iterations + 1):
        shares = policy.training_set(iteration).shares
        mass = {share.source == REAL: 0.0 for share in shares}
        for share in shares:
            mass[share.source == REAL] += share.weight * share.amount
        parts.append(mass.get(True, 0.0) / sum(mass.values()))
    return (min(parts), parts[-1]) if parts else (1.0, 1.0)

"""Theory's curves for a run that theory covers, to be drawn over what was measured.

A value and an estimator say of which theory they are; where both say the same, its curve is drawn.
"""

from itertools import filterfalse

from genloop.analysis.expected import theory_of
from genloop.policies import Policy
from genloop.policy_text import is_own_policy, parse_policy
from genloop.runs.record import Run
from genloop.theory.curve import Array
from genloop.theory.fresh_design import exact_ols_error_curve


def predicted(run: Run, metric: str) -> dict[str, Array]:
    """Return, for each policy, what theory expects of a value at every iteration; nothing where it says nothing.

    Left out are policies of which only the limit of large T / d is known, and those of the user's own, of which a
    record has only the name.
    """
    if theory_of(run, metric) != "test error of least squares":
        return {}
    policies = filterfalse(is_own_policy, run.record.experiment["policies"])
    curves = {written: _test_error(run, parse_policy(written)) for written in policies}
    return {written: curve[: run.num_compared] for written, curve in curves.items() if curve is not None}


def _test_error(run: Run, policy: Policy) -> Array | None:
    """Return the expected test error of linear regression, where it is known exactly.

    The first iteration's is sigma^2 d / (T - d - 1) (Lemma 1 of arXiv 2404.01413), so no constant is fitted.
    """
    source, length = run.record.experiment["source"], run.record.experiment["num_iterations"]
    expected = exact_ols_error_curve(
        policy, length, num_examples=run.record.num_samples, dimension=source["dimension"],
        design_rows=source["num_train"] if source["design"] == "reused" else None,
    )  # fmt: skip
    return None if expected is None else source["noise_deviation"] ** 2 * expected.values

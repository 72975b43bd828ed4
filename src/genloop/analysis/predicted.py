"""Theory's curves for a run that theory covers, to be drawn over what was measured."""

from itertools import filterfalse

from genloop.policy_text import is_own_policy, parse_policy
from genloop.runs.record import Run
from genloop.theory.curve import Array
from genloop.theory.fresh_design import exact_ols_error_curve


def predicted_test_loss(run: Run) -> dict[str, Array]:
    """Return, for each policy of a linear regression, the expected test loss of every iteration; else nothing.

    Left out are policies of which only the limit of large T / d is known, and those of the user's own, of which a
    record has only the name. The first iteration's loss is sigma^2 d / (T - d - 1) (Lemma 1 of arXiv 2404.01413), so no
    constant is fitted.
    """
    experiment = run.record.experiment
    if experiment["estimator"]["type"] != "linear-regression":
        return {}
    source, length = experiment["source"], experiment["num_iterations"]
    curves = {}
    for written in filterfalse(is_own_policy, experiment["policies"]):
        expected = exact_ols_error_curve(
            parse_policy(written), length, num_examples=run.record.num_samples, dimension=source["dimension"],
            design_rows=source["num_train"] if source["design"] == "reused" else None,
        )  # fmt: skip
        if expected is not None:
            curves[written] = source["noise_deviation"] ** 2 * expected.values
    return curves

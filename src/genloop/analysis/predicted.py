"""Theory's curves for a run that theory covers, to be drawn over what was measured."""

from itertools import filterfalse

from genloop.policy_text import is_own_policy, parse_policy
from genloop.runs.record import Run
from genloop.theory.curve import Array
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.propagate import error_curve


def predicted_test_loss(run: Run) -> dict[str, Array]:
    """Return, for each policy of a linear regression, the expected test loss of every iteration; else nothing.

    Of a policy of the user's own a record has only the name.

    The first iteration's is sigma^2 d / (T - d - 1) (Lemma 1 of arXiv 2404.01413), so no constant is fitted.
    """
    experiment = run.record.experiment
    if experiment["estimator"]["type"] != "linear-regression":
        return {}
    source, num_examples = experiment["source"], run.record.num_samples
    dimension = source["dimension"]
    first = source["noise_deviation"] ** 2 * dimension / (num_examples - dimension - 1)
    curves = {}
    for written in filterfalse(is_own_policy, experiment["policies"]):
        policy, length = parse_policy(written), experiment["num_iterations"]
        if source["design"] == "reused":
            curve = error_curve(policy, length, num_examples=num_examples)
        else:
            curve = fresh_design_error_curve(policy, length, num_examples=num_examples, dimension=dimension)
        curves[written] = first * curve.values
    return curves

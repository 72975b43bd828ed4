"""What the loop and the theory rely on in every policy."""

import math
import pickle

from genloop.catalog import POLICIES
from genloop.errors import UserError
from genloop.policies import REAL, Policy, Share, schedule_from_rows
from genloop.policy_text import is_own_policy, parse_policy, policy_name
from genloop.supply import check_supply
from genloop.testing.expecting import attempt, expect


def check_policy(policy: Policy, *, num_iterations: int = 4) -> None:
    """Check a policy for so many iterations.

    Raises:
        AssertionError: if the loop or the theory could not rely on it, saying what to change.
    """
    name = attempt("The policy cannot be written down", lambda: policy_name(policy))
    _starts_with_real_data(name, policy)
    _asks_for_what_there_is(name, policy, num_iterations)
    _says_the_same_again(name, policy, num_iterations)
    _is_read_back(name, policy)
    _is_a_schedule(name, policy, num_iterations)


def _starts_with_real_data(name: str, policy: Policy) -> None:
    first = policy.training_set(1)
    expect(
        first.shares == (Share(REAL),) and first.size == 1,
        f"{name} fits iteration 1 on {first}. Return Mixture([Share(0)]) there: T of the real data, so that all "
        "policies share their first model.",
    )


def _asks_for_what_there_is(name: str, policy: Policy, num_iterations: int) -> None:
    try:
        check_supply(name, policy, num_iterations, num_real=math.inf)
    except UserError as error:
        raise AssertionError(str(error)) from error
    for iteration in range(1, num_iterations + 1):
        sizes = policy.training_set(iteration).size, policy.num_samples(iteration)
        expect(
            all(0 < size < math.inf for size in sizes),
            f"{name} trains on {sizes[0]} T and generates {sizes[1]} T at iteration {iteration}. Let both be positive.",
        )


def _says_the_same_again(name: str, policy: Policy, num_iterations: int) -> None:
    again = attempt(f"{name} cannot be sent to another process", lambda: pickle.loads(pickle.dumps(policy)))
    for iteration in range(num_iterations, 0, -1):
        same = [each.training_set(iteration) for each in (policy, policy, again)]
        expect(
            same[0] == same[1] == same[2] and policy.num_samples(iteration) == again.num_samples(iteration),
            f"{name} says {same[0]} of iteration {iteration}, and then {same[1]} or, once pickled, {same[2]}. Let it "
            "follow from the iteration and the policy's fields alone.",
        )


def _is_read_back(name: str, policy: Policy) -> None:
    if POLICIES.entry_of(type(policy)) is None:
        expect(is_own_policy(name), f"{name} has the name of a policy that is installed. Rename its class.")
        return
    read = attempt(f"{name} is how the policy is written, but cannot be read", lambda: parse_policy(name))
    expect(read == policy, f"{name} is read as {read}. Keep numbers in the policy's fields, and make it a dataclass.")


def _is_a_schedule(name: str, policy: Policy, num_iterations: int) -> None:
    """A policy that draws is compared by its shares; the draw is not in a schedule."""
    mixtures = [policy.training_set(iteration) for iteration in range(1, num_iterations + 1)]
    rows = [
        {
            share.source: {"amount": share.amount, "weight": share.weight, "start": share.start}
            for share in mixture.shares
        }
        for mixture in mixtures
    ]
    schedule = schedule_from_rows(rows)
    for iteration, mixture in enumerate(mixtures, start=1):
        expect(
            schedule.training_set(iteration).shares == mixture.shares,
            f"{name} has two shares of one source at iteration {iteration}. Give one share of each source.",
        )

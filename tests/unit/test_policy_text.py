"""Policies as people write them: read, named, and refused in one clear sentence."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import pytest
from toys import experiment

from genloop.errors import UserError
from genloop.policies import (
    Accumulate,
    AccumulateSubsample,
    Augment,
    Fresh,
    Mix,
    Replace,
    ReplaceMultiple,
    Schedule,
    Share,
    Window,
    schedule_from_rows,
)
from genloop.policy_text import parse_policy, policy_name
from genloop.runs.runner import run


@pytest.mark.parametrize(
    ("written", "policy"),
    [
        ("replace", Replace()),
        ("accumulate", Accumulate()),
        ("replace-multiple", ReplaceMultiple()),
        ("replace_multiple", ReplaceMultiple()),
        ("accumulate-subsample", AccumulateSubsample()),
        ("augment", Augment()),
        ("fresh(real=0.5)", Fresh(0.5)),
        ("fresh(real=0.5, weight=0.618)", Fresh(0.5, 0.618)),
        ("fresh(0.5, 0.618)", Fresh(0.5, 0.618)),
        ("augment(synthetic=0.5)", Augment(0.5)),
        ("accumulate(real=0.25)", Accumulate(0.25)),
        ({"augment": {"synthetic": 2}}, Augment(2)),
        ("mix(real=0.1)", Mix(0.1)),
        ("mix(0.1)", Mix(0.1)),
        ("mix(1e-3)", Mix(0.001)),
        ("mix(real=.5E-1)", Mix(0.05)),
        ({"mix": {"real": 0.1}}, Mix(0.1)),
        ({"mix": 0.1}, Mix(0.1)),
        ({"window": 3}, Window(3)),
        ({"replace": None}, Replace()),
        ("window(3)", Window(3)),
        (" window( size = 3 ) ", Window(3)),
        ("schedule([1], [0.5, 0.5])", schedule_from_rows([[1], [0.5, 0.5]])),
        ([[1], [0.5, 0.5]], schedule_from_rows([[1], [0.5, 0.5]])),
        ([[1], {0: "1e-3", 1: 1}], schedule_from_rows([[1], [0.001, 1]])),
        (
            "schedule({0: 1}, {0: {amount: 1, weight: 0.6}, 1: 2})",
            schedule_from_rows([[1], {0: {"amount": 1, "weight": 0.6}, 1: 2}]),
        ),
    ],
)
def test_written_policy_is_read_and_its_name_is_read_back(written, policy):
    assert parse_policy(written) == policy
    assert parse_policy(policy_name(policy)) == policy


@pytest.mark.parametrize(
    ("policy", "name"),
    [
        (Mix(0.1), "mix(real=0.1)"),
        (Mix(1 / 3), "mix(real=0.3333333333333333)"),
        (Mix(5e-5), "mix(real=0.00005)"),
        (Mix(np.float64(0.2)), "mix(real=0.2)"),
        (Window(np.int64(3)), "window(3)"),  # pyright: ignore[reportArgumentType]
        (Schedule(((Share(0, 2.0),), (Share(0, 5e-5),))), "schedule({0: 2}, {0: 0.00005})"),
        (
            Schedule(((Share(0, 1e-9, np.float64(1.0), 1 / 3),),)),
            "schedule({0: {amount: 0.000000001, weight: 1, start: 0.3333333333333333}})",
        ),
    ],
)
def test_numbers_in_names_have_no_exponent_and_read_back(policy, name):
    assert policy_name(policy) == name
    assert parse_policy(name) == policy


@pytest.mark.parametrize(
    ("written", "sentence"),
    [
        ("acumulate", "'acumulate' is no policy. Did you mean 'accumulate'"),
        ("window", "lacks 'size'"),
        ("window(0)", "keeps no data"),
        ("window(2.5)", "whole number"),
        ("window(a)", "needs a number"),
        ("mix(real=2)", "between 0 and 1"),
        ("mix(fake=0.1)", "takes the parameter real"),
        ("mix(0.1, 0.2)", "takes the parameter real"),
        ("replace(1)", "no parameters"),
        ("fresh(weight=0.5)", "lacks 'real'"),
        ("fresh(real=0.5, weight=1)", "weight of the real batch in the fit must lie between 0 and 1"),
        ("fresh(real=0.5, size=2)", "takes the parameters real and weight"),
        ("augment(synthetic=0)", "Use a positive number of T"),
        ("accumulate(real=-1)", "Use a positive number of T"),
        ("mix(real=1e-320)", "between 0 and 1"),
        ("schedule([1], {0: 1e-320})", "too small to be told from none"),
        ("schedule([1], {0: {amount: 1, weight: 1e-320}})", "weight is beyond"),
        ("schedule(&a [1, *a])", "cannot be read"),
        ("schedule([1], &a [1])", "cannot be read"),
        ("schedule(" + "[" * 900 + ")", "cannot be read"),
        ("mix(real=2024-02-30)", "cannot be read"),
        ("mix(real=!!int x)", "cannot be read"),
        ("replace)(", "is no policy"),
        ("mix(real=[)", "cannot be read"),
        ("schedule()", "needs rows"),
        ("schedule([1], [x])", "Row 2 of the schedule"),
        ("schedule([1], [0, -1])", "amount must be positive"),
        ("schedule({0.9: 1}, {1.7: 1})", "Row 1 of the schedule is {0.9: 1}"),
        ({"window": 0}, "keeps no data"),
        ({"replace": 1}, "no parameters"),
        ("__import__('os').system('true')", "cannot be read"),
    ],
)
def test_bad_policy_is_refused_in_one_sentence(written, sentence):
    with pytest.raises(UserError) as raised:
        parse_policy(written)
    assert sentence in str(raised.value)


@dataclass(frozen=True)
class EverySecond(Window):
    """A policy of the user's own."""

    kind: str = "even"


def test_policy_of_ones_own_is_named_as_in_python_and_runs(tmp_path):
    policy = EverySecond(2)
    assert policy_name(policy) == "EverySecond(size=2, kind='even')"
    finished = run(replace(experiment(), policies=(policy, Window(2))), tmp_path)
    values = {(row.policy, row.iteration): row.value for row in finished.rows() if row.metric == "test_loss"}
    assert values[policy_name(policy), 3] == values["window(2)", 3]


def test_policy_of_ones_own_is_not_taken_for_one_of_the_same_name():
    own = type("Replace", (Window,), {})(2)
    with pytest.raises(UserError):
        parse_policy(policy_name(own))


@dataclass(frozen=True, slots=True)
class Slotted(Replace):
    """A policy without a dictionary of attributes."""

    first: int = 0


class Plain(Replace):
    """A policy that is no dataclass of its own."""

    def __init__(self, size: int) -> None:
        object.__setattr__(self, "size", size)


class Bare:
    """A policy with slots that is no dataclass at all."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        self.size = size


@dataclass(frozen=True)
class Chosen(Replace):
    """A policy with a function in it."""

    choose: Callable[[int], int] = max


def test_policies_of_ones_own_are_written_however_they_keep_their_settings():
    assert policy_name(Slotted(first=2)) == "Slotted(first=2)"
    assert policy_name(Plain(3)) == "Plain(size=3)"
    assert policy_name(Bare(3)) == "Bare(size=3)"


@pytest.mark.parametrize("choose", [lambda number: number, max, partial(max, 2), int])
def test_a_function_in_a_policy_is_refused(choose):
    """It would be written by its place in memory, which is another one in every process."""
    with pytest.raises(UserError, match=r"Chosen\.choose is .*cannot be written down\. Use a number or a text"):
        policy_name(Chosen(choose))

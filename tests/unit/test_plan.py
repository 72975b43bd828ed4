"""What a plan thinks that steps take: from what a family tells of them, else from finished steps of their kind."""

from dataclasses import dataclass, field
from pathlib import Path

import pytest
from toys import Normal, ToyDomain, experiment

from genloop.loop import plan_iterations
from genloop.plan import UNKNOWN_SECONDS, make_plan
from genloop.policies import Replace
from genloop.report.tables import plan_table
from genloop.store import Manifest
from genloop.types import Cost

NOWHERE = ToyDomain(Path("nowhere"))


@dataclass(frozen=True)
class Asked(Normal):
    """Remembers what was asked of it; the list takes its hash away."""

    asked: list[tuple[str, int]] = field(default_factory=list)

    def fit_cost(self, num_examples, domain):
        self.asked.append(("fit", num_examples))
        return super().fit_cost(num_examples, domain)

    def sample_cost(self, num_examples, domain):
        self.asked.append(("sample", num_examples))
        return super().sample_cost(num_examples, domain)


@dataclass(frozen=True)
class Untold(Normal):
    """Tells no operations."""

    def fit_cost(self, num_examples, domain):
        return Cost(num_examples)


def planned_fits(done_seconds, **changes):
    """Return the estimate of every fit of a replacing loop whose first fits took `done_seconds`."""
    rounds = plan_iterations(experiment(policies=(Replace(),), num_iterations=4, **changes), num_real=60)
    took = {item.model.key: seconds for item, seconds in zip(rounds, done_seconds, strict=False)}
    done = {key: Manifest(key, {}, {}, {}, seconds) for key, seconds in took.items()}
    plan = make_plan(rounds, lambda step: done.get(step.key), NOWHERE)
    return [planned.seconds for planned in plan.steps if planned.step.kind == "fit"]


def test_a_family_is_asked_once_for_each_size():
    estimator, first = Asked(), Asked(shift=1.0)
    settings = experiment(estimator=estimator, first_estimator=first, seeds=(0, 1, 2), num_iterations=4)
    plan = make_plan(plan_iterations(settings, num_real=60), lambda step: None, NOWHERE)
    assert sorted(first.asked) == [("fit", 20), ("sample", 20)]
    assert sorted(estimator.asked) == [("fit", 20), ("fit", 40), ("fit", 60), ("fit", 80), ("sample", 20)]
    assert all(planned.cost == planned.step.cost(NOWHERE) for planned in plan.steps)


def test_fits_without_operations_take_the_median_of_finished_ones():
    assert planned_fits([2.0, 3.0, 40.0], estimator=Untold()) == [2.0, 3.0, 40.0, 3.0]


def test_fits_without_operations_are_visible_before_any_is_finished():
    assert planned_fits([], estimator=Untold()) == [UNKNOWN_SECONDS] * 4


def test_a_first_model_without_operations_says_nothing_of_the_rate_of_others():
    """200 operations in 4 s are 50 per second; the 2 s of the first model are none of them."""
    assert planned_fits([2.0, 4.0], first_estimator=Untold())[2:] == pytest.approx([4.0, 4.0])


def test_the_table_of_a_plan_has_a_line_for_all_seeds_and_metrics_together():
    """Two policies and three seeds: the first iteration is shared, and stands under the first policy."""
    planned = plan_iterations(experiment(seeds=(0, 1, 2), num_iterations=2), 20)
    first = planned[0].model
    plan = make_plan(planned, lambda step: Manifest(step.key, {}, {}, {}, 2.0) if step == first else None, NOWHERE)
    columns = [list(map(str, column.cells)) for column in plan_table(plan, "row", {}).columns]
    iteration, policy, step, number, state, _, examples, *_ = columns
    lines = list(zip(iteration, policy, step, number, state, strict=True))
    assert lines[0] == ("1", "replace", "fit", "3", "1 done")
    assert [line[:3] for line in lines if line[2] == "fit"] == [
        ("1", "replace", "fit"), ("2", "replace", "fit"), ("2", "accumulate", "fit"),
    ]  # fmt: skip
    assert sum(map(int, number)) == len(plan.steps)
    assert examples[lines.index(("2", "accumulate", "fit", "3", "to do"))] == "120"  # of T = 20, twice, three seeds

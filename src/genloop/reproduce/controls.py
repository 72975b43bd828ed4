"""Controls of the language-model results: what else changes when data accumulate, held fixed one at a time."""

from collections.abc import Iterator, Mapping
from statistics import mean

from genloop.policies import Accumulate, AccumulateSubsample, Policy, Replace
from genloop.policy_text import policy_name
from genloop.record import Row as Measured
from genloop.reproduce.claims import Claim, Reproduction
from genloop.reproduce.grid import Grid
from genloop.reproduce.language_models import reproduce
from genloop.reproduce.loops import Loop
from genloop.reproduce.losses import Losses
from genloop.reproduce.request import Request
from genloop.reproduce.study import Study
from genloop.reproduce.table2 import regime_claim
from genloop.types import STANDARD_ERROR

LAST = 5
MODEL = "gpt2-9m"
PLAIN, STEPS, SIZE, WARM = "plain", "matched optimiser steps", "matched size", "warm-started"
LOOPS = (
    Loop(PLAIN, MODEL, Replace(), LAST),
    Loop(PLAIN, MODEL, Accumulate(), LAST),
    Loop(STEPS, MODEL, Accumulate(), LAST, matched_steps=True),
    Loop(SIZE, MODEL, AccumulateSubsample(), LAST),
    Loop(WARM, MODEL, Replace(), LAST, init="previous"),
    Loop(WARM, MODEL, Accumulate(), LAST, init="previous"),
)


def reproduce_controls(request: Request) -> Reproduction:
    """Run GPT-2 with matched optimiser steps, matched size and warm starts beside plain replace and accumulate."""
    return reproduce("controls", "Controls of the language-model results", LOOPS, request, _present)


def _present(study: Study) -> Reproduction:
    losses = study.losses()
    return study.found(claims(losses), grids=[_table(losses), _floor(study)])


def claims(losses: Losses) -> list[Claim]:
    """Return that replace rises and accumulate does not, and that controlled accumulating stays below replace."""
    return [
        regime_claim(PLAIN, losses, Replace(), LAST),
        regime_claim(PLAIN, losses, Accumulate(), LAST),
        _below(losses, STEPS, Accumulate(), PLAIN),
        _below(losses, SIZE, AccumulateSubsample(), PLAIN),
        regime_claim(WARM, losses, Replace(), LAST),
        _below(losses, WARM, Accumulate(), WARM),
    ]


def _below(losses: Losses, name: str, policy: Policy, other: str) -> Claim:
    change = losses.difference((other, Replace(), LAST), (name, policy, LAST))
    return change.rises(f"Replace ({other}) ends above {policy_name(policy)} ({name}) at iteration {LAST}")


def _table(losses: Losses) -> Grid:
    header = ("control", "policy", "t=1", *(f"t={iteration}" for iteration in range(2, LAST + 1)))
    lines = [
        (
            loop.name, policy_name(loop.policy), f"{losses.mean(loop.name, loop.policy, 1):.3f}",
            *(str(losses.change(loop.name, loop.policy, iteration)) for iteration in range(2, LAST + 1)),
        )
        for loop in LOOPS
    ]  # fmt: skip
    return Grid("Test loss in nats per token, and its change from t=1 ± standard error", header, lines)


def _floor(study: Study) -> Grid:
    """Return what is measured of the first and the last samples beside what real data in their place give."""
    replaced, accumulated, *_ = (study.run(loop) for loop in LOOPS)
    floor = _means(replaced.noise_floor(), 1)
    columns = (_means(replaced.rows(), 1), _means(replaced.rows(), LAST), _means(accumulated.rows(), LAST), floor)
    lines = [(metric, *(f"{column[metric]:.3f}" for column in columns)) for metric in floor]
    header = ("metric", "t=1", f"replace t={LAST}", f"accumulate t={LAST}", "real data (the noise floor)")
    return Grid("Samples beside real data", header, lines)


def _means(rows: Iterator[Measured], iteration: int) -> Mapping[str, float]:
    found: dict[str, list[float]] = {}
    for row in rows:
        if row.iteration == iteration and row.value is not None and not row.metric.endswith(STANDARD_ERROR):
            found.setdefault(row.metric, []).append(row.value)
    return {metric: mean(values) for metric, values in found.items()}

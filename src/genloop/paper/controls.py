"""Controls of the language-model results: what else changes when data accumulate, held fixed one at a time."""

from genloop.paper.language_loops import LanguageLoop
from genloop.paper.language_models import reproduce
from genloop.paper.table2 import regime_claim
from genloop.policies import Accumulate, AccumulateSubsample, Policy, Replace
from genloop.policy_text import policy_name
from genloop.study.claims import Claim, Reproduction
from genloop.study.curves import Curves
from genloop.study.grid import Grid
from genloop.study.noise_floor import beside_real_data
from genloop.study.request import Request
from genloop.study.study import Study

LAST = 5
MODEL = "gpt2-9m"
PLAIN, STEPS, SIZE, WARM = "plain", "matched optimiser steps", "matched size", "warm-started"
LOOPS = (
    LanguageLoop(PLAIN, Replace(), MODEL, LAST),
    LanguageLoop(PLAIN, Accumulate(), MODEL, LAST),
    LanguageLoop(STEPS, Accumulate(), MODEL, LAST, matched_steps=True),
    LanguageLoop(SIZE, AccumulateSubsample(), MODEL, LAST),
    LanguageLoop(WARM, Replace(), MODEL, LAST, init="previous"),
    LanguageLoop(WARM, Accumulate(), MODEL, LAST, init="previous"),
)


def reproduce_controls(request: Request) -> Reproduction:
    """Run GPT-2 with matched optimiser steps, matched size and warm starts beside plain replace and accumulate."""
    return reproduce("controls", "Controls of the language-model results", LOOPS, request, _present)


def _present(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    replaced, accumulated, *_ = (study.run(loop) for loop in LOOPS)
    floor = beside_real_data(replaced, accumulated, LAST)
    return study.found(claims(losses), grids=[_table(losses), floor])


def claims(losses: Curves) -> list[Claim]:
    """Return that replace rises and accumulate does not, and that controlled accumulating stays below replace."""
    return [
        regime_claim(PLAIN, losses, Replace(), LAST, paper="an increase in test cross entropy"),
        regime_claim(PLAIN, losses, Accumulate(), LAST, paper="equal-or-lower test cross entropy"),
        _below(losses, STEPS, Accumulate(), PLAIN),
        _below(losses, SIZE, AccumulateSubsample(), PLAIN),
        regime_claim(WARM, losses, Replace(), LAST),
        _below(losses, WARM, Accumulate(), WARM),
    ]


def _below(losses: Curves, name: str, policy: Policy, other: str) -> Claim:
    change = losses.difference((other, Replace(), LAST), (name, policy, LAST))
    return change.rises(f"Replace ({other}) ends above {policy_name(policy)} ({name}) at iteration {LAST}")


def _table(losses: Curves) -> Grid:
    header = ("control", "policy", "t=1", *(f"t={iteration}" for iteration in range(2, LAST + 1)))
    lines = [
        (
            loop.name, policy_name(loop.policy), f"{losses.mean(loop.name, loop.policy, 1):.3f}",
            *(str(losses.change(loop.name, loop.policy, iteration)) for iteration in range(2, LAST + 1)),
        )
        for loop in LOOPS
    ]  # fmt: skip
    return Grid("Test loss in nats per token, and its change from t=1 ± standard error", header, lines)

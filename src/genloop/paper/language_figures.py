"""Figures 3, 10 and 11 of arXiv 2404.01413: test loss of language models, replacing and accumulating data."""

from dataclasses import replace

from genloop.paper.language_models import reproduce
from genloop.paper.table2 import COLD_ROW, GPT2_ROW, LLAMA_ROWS, cold_claim, regime_claim
from genloop.policies import Accumulate, Policy, Replace
from genloop.policy_text import policy_name
from genloop.study.claims import Claim, Reproduction
from genloop.study.panels import draw_panels
from genloop.study.request import Request
from genloop.study.study import Study

POLICIES: tuple[Policy, ...] = (Replace(), Accumulate())
FIRST_EPOCHS = {"1/3 epoch in iteration 1": 1 / 3, "1 epoch in iteration 1": 1.0, "3 epochs in iteration 1": 3.0}


def reproduce_figure3(request: Request) -> Reproduction:
    """Draw the test loss of four architectures at temperature 1, replacing data and accumulating them."""
    rows = (GPT2_ROW, *LLAMA_ROWS)
    loops = [loop for row in rows for loop in row.loops() if loop.policy in POLICIES]
    title = "Figure 3: replacing data raises the loss of language models, accumulating does not"
    return reproduce("figure3", title, loops, request, _by_policy)


def reproduce_figure10(request: Request) -> Reproduction:
    """Draw the test loss at sampling temperatures 0.3 and 1."""
    loops = [loop for row in (GPT2_ROW, COLD_ROW) for loop in row.loops() if loop.policy in POLICIES]
    title = "Figure 10: accumulating data is stable at temperatures 0.3 and 1, replacing is not"
    return reproduce("figure10", title, loops, request, _by_temperature)


def reproduce_figure11(request: Request) -> Reproduction:
    """Draw the test loss after a first model that was trained for less, as long as, or longer than the others."""
    loops = [
        replace(GPT2_ROW.loop(policy, 4), name=name, first_epochs=epochs)
        for name, epochs in FIRST_EPOCHS.items()
        for policy in POLICIES
    ]
    title = "Figure 11: how well the first model is trained does not change what follows"
    return reproduce("figure11", title, loops, request, _by_first_model)


def _by_policy(study: Study, *more: Claim) -> Reproduction:
    """Draw one panel for each policy with one line for each model."""
    losses = study.curves("test_loss")
    panels = {
        policy_name(policy): {
            loop.name: losses.curve(loop.name, policy) for loop in study.loops if loop.policy == policy
        }
        for policy in POLICIES
    }
    draw_panels(panels, study.figure())
    claims = [regime_claim(loop.name, losses, loop.policy, 4) for loop in study.loops]
    return study.found([*claims, *more], figures=[study.figure()])


def _by_temperature(study: Study) -> Reproduction:
    return _by_policy(study, cold_claim(study.curves("test_loss")))


def _by_first_model(study: Study) -> Reproduction:
    """Draw one panel for each amount of training in iteration 1, and judge what follows from iteration 2 on."""
    losses = study.curves("test_loss")
    panels = {name: {policy_name(policy): losses.curve(name, policy) for policy in POLICIES} for name in FIRST_EPOCHS}
    draw_panels(panels, study.figure(), num_columns=len(panels))
    words = "no qualitative differences"  # appendix 8
    claims = [regime_claim(loop.name, losses, loop.policy, 4, since=2, paper=words) for loop in study.loops]
    return study.found(claims, figures=[study.figure()])

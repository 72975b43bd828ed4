"""Figure 4 of arXiv 2404.01413: the learning curve of every fit, on real test text."""

from dataclasses import replace

from genloop.analysis.arms import arms_of
from genloop.paper.language_models import reproduce
from genloop.paper.table2 import GPT2_ROW, regime_claim
from genloop.policies import Accumulate, Policy, Replace
from genloop.report.figures.learning_curves import draw_learning_curves
from genloop.study.claims import Reproduction
from genloop.study.request import Request
from genloop.study.study import Study

NUM_ITERATIONS = 4
NUM_POINTS = 8
POLICIES: tuple[Policy, ...] = (Replace(), Accumulate())  # from top to bottom


def reproduce_figure4(request: Request) -> Reproduction:
    """Draw the test loss of GPT-2 at eight points of every fit, of one seed; these fits are figure 4's own."""
    loops = [replace(GPT2_ROW.loop(policy, NUM_ITERATIONS), num_points=NUM_POINTS) for policy in POLICIES]
    one_seed = replace(request, seeds=(request.seeds or (0,))[:1])
    return reproduce("figure4", "Figure 4: learning curves of every iteration", loops, one_seed, _present)


def _present(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    draw_learning_curves(arms_of([study.run(loop) for loop in study.loops]), study.figure())
    claims = [regime_claim(loop.name, losses, loop.policy, NUM_ITERATIONS) for loop in study.loops]
    return study.found(claims, figures=[study.figure()])

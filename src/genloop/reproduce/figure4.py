"""Figure 4 of arXiv 2404.01413: the learning curve of every fit, on real test text."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from genloop.policies import Accumulate, Policy, Replace
from genloop.policy_text import policy_name
from genloop.report.figures import COLOURS
from genloop.reproduce.claims import Reproduction
from genloop.reproduce.language_models import reproduce
from genloop.reproduce.loops import Loop
from genloop.reproduce.request import Request
from genloop.reproduce.study import Study
from genloop.reproduce.table2 import GPT2_ROW, regime_claim

NUM_ITERATIONS = 4
NUM_POINTS = 8
POLICIES: tuple[Policy, ...] = (Replace(), Accumulate())  # from top to bottom
CURVE = "test_loss_at_"


def reproduce_figure4(request: Request) -> Reproduction:
    """Draw the test loss of GPT-2 at eight points of every fit, of one seed; these fits are figure 4's own."""
    loops = [replace(GPT2_ROW.loop(policy, NUM_ITERATIONS), num_points=NUM_POINTS) for policy in POLICIES]
    one_seed = replace(request, seeds=(request.seeds or (0,))[:1])
    return reproduce("figure4", "Figure 4: learning curves of every iteration", loops, one_seed, _present)


def _present(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    _draw(study, study.figure())
    claims = [regime_claim(loop.name, losses, loop.policy, NUM_ITERATIONS) for loop in study.loops]
    return study.found(claims, figures=[study.figure()])


def _draw(study: Study, path: Path) -> None:
    """Draw one panel for each policy with one line for each iteration, against optimiser steps."""
    figure = Figure(figsize=(6.4, 6.4), layout="constrained")
    panels = figure.subplots(len(POLICIES), sharex=True, sharey=True)
    for axes, loop in zip(panels, study.loops, strict=True):
        for iteration in range(1, NUM_ITERATIONS + 1):
            steps, losses = learning_curve(study, loop, iteration)
            axes.plot(steps, losses, "o-", markersize=3, color=COLOURS[iteration - 1], label=f"iteration {iteration}")
        axes.set_title(policy_name(loop.policy), fontsize=10)
        axes.set_ylabel("test loss (nats/token)")
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", alpha=0.3)
    panels[0].legend(frameon=False)
    panels[-1].set_xlabel("optimiser steps (accumulating, later training sets are larger)")
    figure.savefig(path, dpi=160, metadata={"Software": "genloop"})


def learning_curve(study: Study, loop: Loop, iteration: int) -> tuple[list[float], list[float | None]]:
    """Return optimiser steps and test losses of one fit."""
    points = {
        float(row.metric.removeprefix(CURVE)): row.value
        for row in study.run(loop).rows()
        if row.iteration == iteration and row.metric.startswith(CURVE)
    }
    experiment = study.experiment(loop)
    estimator: Any = experiment.estimator
    size = loop.policy.training_set(iteration).size * (experiment.num_samples or 0)
    num_steps = estimator.resolved_steps(round(size))
    return [fraction * num_steps for fraction in sorted(points)], [points[fraction] for fraction in sorted(points)]

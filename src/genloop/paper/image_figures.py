"""Figures 6, 7 and 12 of arXiv 2404.01413: VAEs on images, replacing and accumulating data.

All three are drawn from the same runs. The baseline is the model of iteration 1, which has seen real images only.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from genloop.data.images.dataset import ImageDataset
from genloop.paper.image_claims import (
    MATCHED,
    NAME,
    diversity_claims,
    loss_claims,
    reconstruction_claims,
)
from genloop.paper.image_scales import find_image_scale
from genloop.policies import Accumulate, Replace
from genloop.policy_text import policy_name
from genloop.report.figures.pictures import Grids, draw_grids
from genloop.report.samples import sampled
from genloop.runs.record import RecordedIteration
from genloop.study.claims import Reproduction
from genloop.study.compute import compute
from genloop.study.differences import SIGN_RULE
from genloop.study.loops import Loop
from genloop.study.noise_floor import beside_real_data
from genloop.study.panels import draw_panels
from genloop.study.recipe_loops import RecipeLoop
from genloop.study.request import Request
from genloop.study.study import Study
from genloop.types import Context

LOOPS = (RecipeLoop(NAME, Replace()), RecipeLoop(NAME, Accumulate()))
CONTROL = RecipeLoop(MATCHED, Accumulate(), matched_steps=True)
DIVERSITY = ("vendi_pixels", "pixel_variance", "effective_modes")
NUM_IMAGES = 8  # in a row of a figure
BASELINE = "baseline: iteration 1, real images only"


def reproduce_figure6(request: Request) -> Reproduction:
    """Draw the test loss of VAEs, replacing data and accumulating them, the latter also at matched optimiser steps."""
    title = "Figure 6: replacing data raises the loss of VAEs, accumulating slows this down"
    return compute("figure6", title, (*LOOPS, CONTROL), find_image_scale(request), request, _losses)


def reproduce_figure7(request: Request) -> Reproduction:
    """Show samples of the VAEs of all iterations, and judge how varied they are."""
    title = "Figure 7: replacing data makes samples of VAEs alike, accumulating does so less"
    return compute("figure7", title, LOOPS, find_image_scale(request), request, _samples)


def reproduce_figure12(request: Request) -> Reproduction:
    """Show reconstructions of test images by the VAEs of all iterations."""
    title = "Figure 12: replacing data makes VAEs forget how to show real images, accumulating hardly does"
    return compute("figure12", title, LOOPS, find_image_scale(request), request, _reconstructions)


def _losses(study: Study) -> Reproduction:
    losses = study.curves("test_loss")
    lines = {policy_name(loop.policy): losses.curve(NAME, loop.policy) for loop in LOOPS}
    lines["accumulate, matched steps"] = losses.curve(MATCHED, CONTROL.policy)
    draw_panels({NAME: lines}, study.figure(), what=f"test loss ({losses.unit})", num_columns=1)
    return study.found(loss_claims(losses), figures=[study.figure()], rule=SIGN_RULE)


def _samples(study: Study) -> Reproduction:
    draw_grids(sample_grids(study), study.figure(), columns=NUM_IMAGES)
    claims = [claim for metric in DIVERSITY for claim in diversity_claims(metric, study.curves(metric))]
    replaced, accumulated = map(study.run, LOOPS)
    floor = beside_real_data(replaced, accumulated, study.curves("test_loss").last)
    return study.found(claims, figures=[study.figure()], grids=[floor], rule=SIGN_RULE)


def _reconstructions(study: Study) -> Reproduction:
    draw_grids(reconstruction_grids(study), study.figure(), columns=NUM_IMAGES)
    claims = reconstruction_claims(study.curves("pixel_error"))
    return study.found(claims, figures=[study.figure()], rule=SIGN_RULE)


def sample_grids(study: Study) -> Grids:
    """Return samples of all models of a policy but the first, by policy and iteration, and as many of the first."""
    grids = {
        policy_name(loop.policy): {_title(item): _samples_of(study, loop, item, NUM_IMAGES) for item in later}
        for loop in LOOPS
        for _, *later in [_iterations(study, loop)]
    }
    rows = list(grids[policy_name(LOOPS[0].policy)])
    first = _iterations(study, LOOPS[0])[0]
    baseline = np.split(_samples_of(study, LOOPS[0], first, len(rows) * NUM_IMAGES), len(rows))
    return {**grids, BASELINE: dict(zip(rows, baseline, strict=True))}


def reconstruction_grids(study: Study) -> Grids:
    """Return test images and what all models of a policy make of them, by policy and iteration."""
    grids = {policy_name(loop.policy): dict(_reconstructions_of(study, loop)) for loop in LOOPS}
    begin = list(grids[policy_name(LOOPS[0].policy)].items())[:2]  # the test images, and the first model's
    return {**grids, BASELINE: dict(begin)}


def _samples_of(study: Study, loop: Loop, item: RecordedIteration, num: int) -> np.ndarray:
    return np.asarray(sampled(study.run(loop), item, num).images)


def _reconstructions_of(study: Study, loop: Loop) -> Iterator[tuple[str, np.ndarray]]:
    run, experiment = study.run(loop), study.experiment(loop)
    context = Context(study.request.runtime)
    domain = experiment.source.open(run.store.path(run.record.source))
    test: Any = domain.prepared("test").slice(0, NUM_IMAGES)
    yield "test images", _pixels(test)
    for item in _iterations(study, loop):
        model: Any = experiment.estimator.load(run.store.path(item.model), domain, context)
        yield _title(item), _pixels(model.reconstruct(test, context=context))


def _iterations(study: Study, loop: Loop) -> list[RecordedIteration]:
    """Return the rounds of the first seed."""
    items = study.run(loop).record.iterations
    return [item for item in items if item.seed == items[0].seed]


def _title(item: RecordedIteration) -> str:
    return f"iteration {item.iteration}"


def _pixels(images: ImageDataset) -> np.ndarray:
    return images.read(np.arange(len(images)))

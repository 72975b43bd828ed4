"""Learning curves: the test loss of a model on the way through its fit, as `metrics.learning_curve` measured it."""

from collections import defaultdict
from itertools import chain
from typing import Any

from genloop.analysis.arms import Arm
from genloop.analysis.series import LEARNING_CURVE, series
from genloop.runs.record import Run

Steps = dict[float, float | None]  # optimiser steps -> test loss, averaged over seeds; None where it is not finite


def learning_curves(arm: Arm) -> dict[int, Steps]:
    """Return, for every iteration, the test loss by optimiser steps; nothing where none was measured."""
    found: dict[int, Steps] = defaultdict(dict)
    num_steps = {item.iteration: _num_steps(arm.run, item.model) for item in arm.first_seed}
    estimators = {row.estimator for row in arm.rows}
    metrics = {row.metric for row in arm.rows if row.metric.startswith(LEARNING_CURVE)}
    for share, metric in sorted((float(metric.removeprefix(LEARNING_CURVE)), metric) for metric in metrics):
        for measured in chain.from_iterable(series(arm.rows, metric, estimator=each) for each in estimators):
            for number in measured.iterations:
                found[number][share * num_steps[number]] = measured.mean(number)
    return {number: found[number] for number in sorted(found)}


def _num_steps(run: Run, model: str) -> int:
    """Return the optimiser steps of a fit; 1 of one that has none."""
    manifest = run.manifest(model)
    estimator: Any = manifest.inputs["estimator"] if manifest else {}
    return estimator.get("num_steps", 1)

"""Rates from the times at which optimiser steps ended."""

import statistics

import numpy as np

from contenders.task import Measurement, Task

WARM_UP_STEPS = 3


def training_rate(times: list[float], task: Task) -> Measurement:
    """Return tokens per second of the median step."""
    seconds = statistics.median(np.diff(times[WARM_UP_STEPS:]).tolist())
    return {"rate": task.estimator.batch * task.estimator.context / seconds}

"""The rate that this machine reaches in plain matrix products, which bounds every contender."""

import statistics
import time

import torch

from contenders.task import Measurement, Task

NUM_ROWS = 2048


def matrix_products(task: Task) -> Measurement:
    """The products of one layer and the head in float32, in operations per second."""
    torch.set_num_threads(task.threads)
    width = task.estimator.width
    shapes = [(width, 3 * width), (width, width), (width, 4 * width), (4 * width, width), (width, task.vocabulary)]
    factors = [(torch.randn(NUM_ROWS, i), torch.randn(i, o), torch.empty(NUM_ROWS, o)) for i, o in shapes]
    seconds = []
    for _ in range(30):
        start = time.perf_counter()
        for left, right, out in factors:
            torch.mm(left, right, out=out)
        seconds.append(time.perf_counter() - start)
    return {"rate": sum(2 * NUM_ROWS * i * o for i, o in shapes) / statistics.median(seconds)}

"""genloop: training, its memory, and sampling."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import psutil

from contenders.clock import training_rate
from contenders.task import Measurement, Task
from genloop.data.text.domain import TextDomain
from genloop.families.lm.sampling import Sampling
from genloop.types import Context, Progress, Runtime


def write_weights(task: Task) -> Measurement:
    """Train the model that all contenders sample from."""
    task.estimator.fit(task.data(), seed=0, context=_context(task)).save(task.directory)
    return {}


def train_ours(task: Task) -> Measurement:
    times: list[float] = []
    context = _context(task, lambda _: times.append(time.perf_counter()))
    task.estimator.fit(task.data(), seed=0, context=context)
    return training_rate(times, task)


def sample_ours(task: Task) -> Measurement:
    """As it comes, with weights, keys and values in int8."""
    return _sample(task, task.estimator.sampling)


def sample_ours_float32(task: Task) -> Measurement:
    return _sample(task, replace(task.estimator.sampling, cache="float32", weights="float32"))


def _sample(task: Task, sampling: Sampling) -> Measurement:
    context = _context(task)
    model = replace(task.estimator, sampling=sampling).load(task.directory, TextDomain(task.directory), context)
    model.sample(1000, seed=0, context=context)
    start = time.perf_counter()
    samples = model.sample(task.num_sampled, seed=1, context=context)
    seconds = time.perf_counter() - start
    ends = np.flatnonzero(samples.read(0, len(samples)) == 0) + 1  # the last document is cut
    return {"rate": len(samples) / seconds, "length": ends[-1] / len(ends)}


def training_memory(task: Task) -> Measurement:
    """The most memory in use after any step, without the pages of data files, which the system takes back at will."""
    peaks = []

    def note(_: Progress) -> None:
        memory = psutil.Process().memory_info()
        peaks.append((memory.rss - memory.shared) / 2**20)

    replace(task.estimator, num_steps=6).fit(task.data(), seed=0, context=_context(task, note))
    return {"megabytes": max(peaks)}


def _context(task: Task, report: Callable[[Progress], None] = lambda _: None) -> Context:
    return Context(Runtime(device="cpu", threads=task.threads), report=report)

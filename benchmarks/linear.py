"""Speed of linear loops: genloop against the usual script, which stacks all rows and calls lstsq at every iteration.

    python benchmarks/linear.py [--iterations 100] [--seeds 100] [--script-seeds 1] [--script-iterations 100]

Both do accumulate with d = 100, T = 1000 on one thread. The script gets genloop's own rows, generated beforehand
and not timed, so that both must find the same parameters. Its time is measured for --script-seeds seeds and multiplied
up to --seeds, which all do the same work. With fewer --script-iterations the rest is extrapolated in proportion to the
number of rows, and the output says so.
"""

import argparse
import os
import time
from dataclasses import dataclass

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is first imported

import numpy as np

from genloop.data.regression import Regression
from genloop.data.regression_rows import RegressionDataset
from genloop.families.linear import LinearModel, LinearRegression
from genloop.identity import derive_seed
from genloop.types import Context

DIMENSION, NUM_EXAMPLES = 100, 1000
CONTEXT = Context()


@dataclass(frozen=True)
class Loop:
    """Parameters after every iteration, the data they were fitted on, and the seconds each iteration took."""

    models: list[LinearModel]
    sources: list[RegressionDataset]
    seconds: list[float]


def run_genloop(num_iterations: int, num_seeds: int) -> Loop:
    """Fit and sample `num_seeds` replicates as one batch."""
    source = Regression(dimension=DIMENSION, num_train=NUM_EXAMPLES, num_test=1, num_replicates=num_seeds)
    models, seconds = [], []
    start = time.perf_counter()
    sources = [RegressionDataset.of(source.shard("train", NUM_EXAMPLES))]
    for iteration in range(1, num_iterations + 1):
        models.append(LinearRegression().fit(sources[0].concat(sources[1:]), seed=0, context=CONTEXT))
        samples = models[-1].sample(NUM_EXAMPLES, seed=derive_seed(0, "sample", iteration), context=CONTEXT)
        _ = samples.shard.statistics  # computed now, as saving would
        sources.append(samples)
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    return Loop(models, sources, seconds)


def run_script(loop: Loop, seed: int, num_iterations: int) -> tuple[list[np.ndarray], list[float]]:
    """Stack rows and solve, as scripts do; return parameters and seconds of every iteration."""
    rows = [next(source.rows()) for source in loop.sources[:num_iterations]]
    parts = [(each.design[seed].copy(), each.targets[seed].copy()) for each in rows]
    parameters, seconds = [], []
    design, targets = parts[0][0][:0], parts[0][1][:0]
    for new_design, new_targets in parts:
        start = time.perf_counter()
        design, targets = np.vstack([design, new_design]), np.concatenate([targets, new_targets])
        parameters.append(np.linalg.lstsq(design, targets)[0])
        seconds.append(time.perf_counter() - start)
    return parameters, seconds


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of linear loops: genloop against lstsq on stacked rows.")
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--script-seeds", type=int, default=1)
    parser.add_argument("--script-iterations", type=int, default=100)
    arguments = parser.parse_args()
    num_compared = min(arguments.iterations, arguments.script_iterations)

    loop = run_genloop(arguments.iterations, arguments.seeds)
    total, later = sum(loop.seconds), loop.seconds[1:]
    tenth = max(1, len(later) // 10)
    print(f"genloop: {arguments.iterations} iterations of {arguments.seeds} seeds in {total:.2f} s")
    first, last = (1000 * np.median(part) for part in (later[:tenth], later[-tenth:]))
    print(f"  per iteration: {first:.1f} ms in the first tenth, {last:.1f} ms in the last tenth")

    measured, deviation = [], 0.0
    for seed in range(arguments.script_seeds):
        parameters, seconds = run_script(loop, seed, num_compared)
        measured.append(sum(seconds))
        found = np.array([model.weights[seed] for model in loop.models[:num_compared]])
        deviation = max(deviation, float(np.abs(found - parameters).max()))
    growth = arguments.iterations * (arguments.iterations + 1) / (num_compared * (num_compared + 1))
    script = float(np.mean(measured)) * growth * arguments.seeds
    print(
        f"script: {num_compared} iterations of one seed in {np.mean(measured):.2f} s (mean of {arguments.script_seeds})"
    )
    if growth > 1:
        print(f"  {arguments.iterations} iterations: extrapolated by the number of rows, factor {growth:.1f}")
    print(f"  {arguments.seeds} seeds: {script:.0f} s; genloop is {script / total:.0f} times as fast")
    print(f"largest difference of any parameter: {deviation:.1e}")


if __name__ == "__main__":
    main()

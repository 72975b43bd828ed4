"""Speed of linear loops: genloop against the usual script, which stacks all rows and calls lstsq at every iteration.

    python benchmarks/linear.py [--iterations 100] [--seeds 100] [--script-seeds 1] [--script-iterations 100]
                                [--json] [--quick]

Both do accumulate with d = 100, T = 1000 on one thread. The script gets genloop's own rows, generated beforehand
and not timed, so that both must find the same parameters. Its time is measured for --script-seeds seeds and multiplied
up to --seeds, which all do the same work. With fewer --script-iterations the rest is extrapolated in proportion to the
number of rows, and the output says so.
"""

import argparse
import json
import os
import time
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")  # read when numpy is first imported

import numpy as np

from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.source import Regression
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


def compare(arguments: argparse.Namespace) -> dict[str, Any]:
    """Run both and return their seconds, and the largest difference of any parameter."""
    num_compared = min(arguments.iterations, arguments.script_iterations)
    loop = run_genloop(arguments.iterations, arguments.seeds)
    later = loop.seconds[1:]
    tenth = max(1, len(later) // 10)

    script_seconds, deviation = [], 0.0
    for seed in range(arguments.script_seeds):
        parameters, seconds = run_script(loop, seed, num_compared)
        script_seconds.append(sum(seconds))
        found = np.array([model.weights[seed] for model in loop.models[:num_compared]])
        deviation = max(deviation, float(np.abs(found - parameters).max()))

    growth = arguments.iterations * (arguments.iterations + 1) / (num_compared * (num_compared + 1))
    script = float(np.mean(script_seconds)) * growth * arguments.seeds
    return {
        "iterations": arguments.iterations,
        "seeds": arguments.seeds,
        "genloop_seconds": sum(loop.seconds),
        "first_tenth_seconds": float(np.median(later[:tenth])),  # of one iteration
        "last_tenth_seconds": float(np.median(later[-tenth:])),
        "script_iterations": num_compared,
        "script_seconds_of_one_seed": float(np.mean(script_seconds)),
        "extrapolation": growth,
        "script_seconds": script,
        "ratio": script / sum(loop.seconds),
        "largest_difference": deviation,
    }


def print_result(result: dict[str, Any]) -> None:
    print("genloop: {iterations} iterations of {seeds} seeds in {genloop_seconds:.2f} s".format(**result))
    first, last = (1000 * result[f"{part}_tenth_seconds"] for part in ("first", "last"))
    print(f"  per iteration: {first:.1f} ms in the first tenth, {last:.1f} ms in the last tenth")
    print("script: {script_iterations} iterations of one seed in {script_seconds_of_one_seed:.2f} s".format(**result))
    if result["extrapolation"] > 1:
        print("  {iterations} iterations: by the number of rows, factor {extrapolation:.1f}".format(**result))
    print("  {seeds} seeds: {script_seconds:.0f} s; genloop is {ratio:.0f} times as fast".format(**result))
    print(f"largest difference of any parameter: {result['largest_difference']:.1e}")


def main() -> None:
    parser = argparse.ArgumentParser(description="Speed of linear loops: genloop against lstsq on stacked rows.")
    parser.add_argument("--iterations", type=int, default=100)
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--script-seeds", type=int, default=1, help="seeds whose mean is taken for the script")
    parser.add_argument("--script-iterations", type=int, default=100)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--quick", action="store_true", help="try the benchmark itself: few iterations and seeds")
    arguments = parser.parse_args()
    if arguments.quick:
        arguments.iterations, arguments.seeds = 5, 3

    result = compare(arguments)
    if arguments.json:
        print(json.dumps(result, indent=1))
    else:
        print_result(result)


if __name__ == "__main__":
    main()

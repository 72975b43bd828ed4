"""The loop that `whole_loop.py` measures, with genloop: replace and accumulate share their first iteration."""

import argparse
import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from contenders.task import SIZES

from genloop import Accumulate, Experiment, Replace, Run, Runtime, run
from genloop.data.text.bible import Bible
from genloop.families.lm.sampling import Sampling
from genloop.metrics.text import TestLoss


def experiment(size: str, num_samples: int, num_test: int, num_iterations: int) -> Experiment:
    """One epoch on `num_samples` tokens of the Bible, more as data accumulate."""
    sampling = Sampling(max_length=SIZES[size].max_length)
    return Experiment(
        name="whole-loop",
        source=Bible(vocabulary=SIZES[size].vocabulary),
        estimator=replace(SIZES[size].estimator, num_steps=None, epochs=1, sampling=sampling),
        policies=(Replace(), Accumulate()),
        metrics=(TestLoss(num_tokens=num_test),),
        num_iterations=num_iterations,
        num_samples=num_samples,
    )


def seconds_of_parts(finished: Run) -> dict[str, float]:
    """Return the time of all fits, samples and scores; a step that both policies share took it once."""
    seconds = {"fit": 0.0, "sample": 0.0, "score": 0.0}
    iterations = finished.record.iterations
    for key in {key for each in iterations for key in (each.model, each.samples, *each.scores)}:
        manifest = finished.manifest(key)
        assert manifest is not None
        seconds[key.split("-")[0]] += manifest.elapsed_seconds
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path, help="the run's folder; its store may hold the prepared text")
    parser.add_argument("--size", choices=SIZES, default="3m")
    parser.add_argument("--num-samples", type=int, default=32_768, help="T, in tokens")
    parser.add_argument("--num-test", type=int, default=16_384, help="test tokens")
    parser.add_argument("--iterations", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()

    what = experiment(arguments.size, arguments.num_samples, arguments.num_test, arguments.iterations)
    finished = run(what, arguments.directory, runtime=Runtime(device="cpu", threads=arguments.threads))
    losses = defaultdict(list)
    for row in finished.rows():
        if row.metric == "test_loss":
            losses[row.policy].append(row.value)
    num_fits = len({iteration.model for iteration in finished.record.iterations})
    print(json.dumps({"seconds": seconds_of_parts(finished), "num_fits": num_fits, "losses": losses}))


if __name__ == "__main__":
    main()

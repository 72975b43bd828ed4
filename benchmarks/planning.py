"""What naming and handing on the steps of a long accumulation costs, against its iterations.

    python benchmarks/planning.py 250 500 1000 2000

A training set of iteration n has n parts, so a step costs in proportion to n, and all steps together to n squared;
the last columns divide by that. Nothing is computed.
"""

import pickle
import sys
import time

from genloop import Accumulate, Experiment
from genloop.loop import unroll
from genloop.numbers import Gaussian, Moments, Normal

COLUMNS = ("iterations", "plan and keys (s)", "pickle of the last fit (ms)", "its bytes", "us a part", "bytes a part")


def measure(num_iterations: int) -> list[float]:
    """Return one line of the table."""
    experiment = Experiment("planning", Normal(), Gaussian(), (Accumulate(),), (Moments(),), num_iterations)
    began = time.process_time()
    rounds = list(unroll(experiment, Accumulate(), 0, 1000))
    keys = {step.key for item in rounds for step in item.steps}
    planned = time.process_time() - began
    assert len(keys) == sum(len(item.steps) for item in rounds)

    began = time.process_time()
    pickled = pickle.dumps(rounds[-1].model)
    handed_on = time.process_time() - began
    parts = num_iterations * (num_iterations + 1) / 2
    return [
        num_iterations, planned, 1e3 * handed_on, len(pickled), 1e6 * planned / parts, len(pickled) / num_iterations
    ]  # fmt: skip


def main() -> None:
    print(" | ".join(COLUMNS))
    for num_iterations in map(int, sys.argv[1:] or ("250", "500", "1000", "2000")):
        print(" | ".join(f"{number:,.4g}" for number in measure(num_iterations)))


if __name__ == "__main__":
    main()

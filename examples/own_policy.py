"""A data policy of your own, predicted by theory and measured in loops with one and the same object.

`python examples/own_policy.py [FOLDER]` takes seconds. FOLDER keeps the results; the same call again computes nothing.
"""

import sys
from dataclasses import dataclass
from typing import ClassVar

from genloop import Experiment, Mixture, Share, run
from genloop.numbers import LinearRegression, Regression, TestError
from genloop.theory import error_curve, ols_test_error


@dataclass(frozen=True)
class EverySecond:
    """Train on the real data and on what every second model generated."""

    version: ClassVar[int] = 1

    def training_set(self, iteration: int) -> Mixture:
        return Mixture(Share(source) for source in range(0, iteration, 2))  # source 0 is the real data

    def num_samples(self, iteration: int) -> float:
        return 1.0


POLICY = EverySecond()
EXPERIMENT = Experiment(
    name="own-policy",
    source=Regression(num_train=100, dimension=10, num_replicates=400),  # 400 loops at once
    estimator=LinearRegression(),
    policies=(POLICY,),
    metrics=(TestError(),),
    num_iterations=10,
)


def main(folder: str = "runs/own-policy") -> None:
    """Print the test error of every iteration: as predicted, and as measured."""
    predicted = ols_test_error(100, 10) * error_curve(POLICY, EXPERIMENT.num_iterations).values
    measured = {row.iteration: row for row in run(EXPERIMENT, folder).rows() if row.metric == "test_loss"}
    print("iteration  predicted  measured (standard error)")
    for iteration, theory in enumerate(predicted, start=1):
        row = measured[iteration]
        print(f"{iteration:9}  {theory:9.4f}  {row.value:8.4f} ({row.standard_error:.4f})")


if __name__ == "__main__":
    main(*sys.argv[1:])

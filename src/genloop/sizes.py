"""How many samples metrics look at: one size throughout a run, as what they measure depends on it.

A sample of twice the size holds more of the rare, differs less from real data and repeats itself more, whatever model
it is from. So of every iteration and policy, and of real data in their place, as many are looked at as all can offer.
"""

from dataclasses import dataclass

from genloop.types import Metric


@dataclass(frozen=True)
class Sizes:
    """What a run offers to be looked at.

    Attributes:
        samples: the fewest that any model generates under any policy.
        train: real training examples.
        test: real test examples; None where they have not been counted.
    """

    samples: int
    train: int
    test: int | None = None

    def of(self, metric: Metric) -> int | None:
        """Return how many samples a metric of them looks at; None for as many as there are."""
        if is_of_any_size(metric):
            return None
        real = self.train if is_of_samples_alone(metric) else self.half_of_test
        return self.samples if real is None else min(self.samples, real)

    @property
    def half_of_test(self) -> int | None:
        """Test examples that stand in the place of samples, which the other half judges."""
        return None if self.test is None else self.test // 2


def is_of_samples_alone(metric: Metric) -> bool:
    """Whether a metric looks at no model or training set, to which real training data would be known."""
    return metric.needs == {"samples"}


def is_of_any_size(metric: Metric) -> bool:
    """Whether what a metric measures does not depend on how many samples it looks at."""
    return "samples" not in metric.needs or getattr(metric, "any_size", False)


def most_of(metric: Metric, num: int) -> int:
    """Return how many of some samples a metric looks at."""
    return min(num, getattr(metric, "most_examples", None) or num)

"""What to compute: the experiment is the configuration."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import index
from typing import Generic, Literal, cast

from genloop.errors import UserError
from genloop.policies import Policy
from genloop.policy_text import policy_name
from genloop.types import DataT, DomainT, Estimator, Metric, ModelT, Refittable, Source
from genloop.values import Value

MOST_ITERATIONS = 10_000  # a plan of more is made for hours
ONE_MODEL = "final_estimator is for the last of several models, but num_iterations is 1. Use estimator, or 2 or more."
LONGEST_NAME = 200  # bytes; file systems take 255 with all that is added


@dataclass(frozen=True)
class Experiment(Generic[DataT, DomainT, ModelT]):
    """One estimator in a feedback loop on one source, under several policies and seeds.

    Source and estimator share a domain, estimator and metrics a kind of data and of model.

    Attributes:
        name: names the run's folder.
        source: real data.
        estimator: what is fitted afresh at every iteration.
        policies: what the training sets are made of.
        metrics: what is measured at every iteration, against real test data.
        num_iterations: rounds of fit, sample, evaluate; the first is fitted on real data only.
        num_samples: T, the number of examples in the first training set; None takes all real training data.
        seeds: one loop for each, with the same random numbers in every policy.
        init: the parameters that a fit starts from: `fresh` ones, or those of the `previous` iteration's model.
        first_estimator: what is fitted at iteration 1, where the first model should be better or worse than the others.
        final_estimator: what is fitted at the last iteration, where the last model should be of another kind than those
            that made its data. What is measured of it is shown, and compared with no other model.
    """

    name: str
    source: Source[DomainT]
    estimator: Estimator[DataT, DomainT, ModelT]
    policies: tuple[Policy, ...]
    metrics: tuple[Metric[DataT, ModelT], ...]
    num_iterations: int = 5
    num_samples: int | None = None
    seeds: tuple[int, ...] = (0,)
    init: Literal["fresh", "previous"] = "fresh"
    first_estimator: Estimator[DataT, DomainT, ModelT] | None = None
    final_estimator: Estimator[DataT, DomainT, ModelT] | None = None

    def __post_init__(self) -> None:
        self._take_whole_numbers()
        names = [policy_name(policy) for policy in self.policies]
        checks = [
            (_names_a_folder(self.name), _no_folder(self.name)),
            (self.num_iterations >= 1, f"num_iterations is {self.num_iterations}. A loop has at least 1 iteration."),
            (self.num_iterations <= MOST_ITERATIONS, _too_long(self.num_iterations)),
            (self.num_samples is None or self.num_samples >= 1, _no_training_set(self.num_samples)),
            (bool(self.policies), "No policy is given. Name at least one, such as accumulate."),
            (bool(self.seeds), "No seed is given. Name at least one, such as 0."),
            (len(set(names)) == len(names), f"The policies {', '.join(names)} name one twice. Name each once."),
            (not (silent := _undeclared(self.metrics)), _declares_nothing(silent)),
            (not (shared := _shared_values(self.metrics)), _measured_twice(shared)),
            (self.init in ("fresh", "previous"), f"init is {self.init!r}. Use 'fresh' or 'previous'."),
            *((self.init != "previous" or isinstance(each, Refittable), _no_refit(each)) for each in self._later),
            (self.final_estimator is None or self.num_iterations > 1, ONE_MODEL),
            (len(set(self.seeds)) == len(self.seeds), f"The seeds {list(self.seeds)} name one twice. Name each once."),
        ]
        problems = [problem for passed, problem in checks if not passed]
        if problems:
            raise UserError(" ".join(problems))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What its parts have to say before a run: settings that do less than they seem to."""
        parts = (self.source, *self.estimators, *self.metrics)
        return tuple(dict.fromkeys(remark for part in parts for remark in getattr(part, "remarks", ())))

    @property
    def estimators(self) -> tuple[Estimator, ...]:
        """All that are fitted, that of most iterations first."""
        return tuple(each for each in (self.estimator, self.first_estimator, self.final_estimator) if each is not None)

    def estimator_at(self, iteration: int) -> Estimator[DataT, DomainT, ModelT]:
        """Return what is fitted at an iteration."""
        if iteration == 1 and self.first_estimator is not None:
            return self.first_estimator
        is_last = iteration == self.num_iterations
        return self.final_estimator if is_last and self.final_estimator is not None else self.estimator

    @property
    def _later(self) -> tuple[Estimator[DataT, DomainT, ModelT], ...]:
        """What is fitted after iteration 1."""
        return self.estimator, *([] if self.final_estimator is None else [self.final_estimator])

    def _take_whole_numbers(self) -> None:
        """Turn whole numbers of any library into Python's, which keys and records are made of."""
        object.__setattr__(self, "num_iterations", _whole("num_iterations", self.num_iterations))
        object.__setattr__(self, "seeds", tuple(_whole("A seed", seed) for seed in self.seeds))
        if self.num_samples is not None:
            object.__setattr__(self, "num_samples", _whole("num_samples (T)", self.num_samples))


def _whole(name: str, value: int) -> int:
    try:
        return index(value)
    except TypeError as error:
        raise UserError(f"{name} is {value!r}. Use a whole number.") from error


def _undeclared(metrics: Iterable[Metric]) -> list[str]:
    """Return the metrics that do not say what they measure."""
    return [type(metric).__name__ for metric in metrics if not _values_of(metric)]


def _values_of(metric: Metric) -> list[Value]:
    values = getattr(metric, "values", ())
    listed = cast("Sequence[object]", values) if isinstance(values, Sequence) else ()
    return [value for value in listed if isinstance(value, Value)]


def _declares_nothing(metrics: Iterable[str]) -> str:
    return (
        f"{', '.join(metrics)} does not say what it measures. Give the metric `values`, such as "
        '(Value("test_loss", "nats/token", worse="higher", aspect="loss"),).'
    )


def _shared_values(metrics: Iterable[Metric]) -> list[str]:
    times = Counter(value.name for metric in metrics for value in _values_of(metric))
    return [name for name, number in times.items() if number > 1]


def _measured_twice(values: Iterable[str]) -> str:
    return (
        f"Two metrics measure {', '.join(values)}, which would be averaged as if they were two seeds. "
        "Give one of the metrics per run; runs can share a store."
    )


def _no_refit(estimator: Estimator) -> str:
    return f"init is 'previous', but {type(estimator).__name__} cannot go on from a fitted model. Use init: fresh."


def _no_training_set(num_samples: int | None) -> str:
    return f"num_samples (T) is {num_samples}. Give at least 1 example, or leave it out for all real data."


def _too_long(num_iterations: int) -> str:
    return f"num_iterations is {num_iterations:,}. A loop has at most {MOST_ITERATIONS:,} iterations; run fewer."


def _names_a_folder(name: str) -> bool:
    letters_fit = all(letter.isalnum() or letter in "-_. " for letter in name)
    return bool(name.strip(". ")) and letters_fit and len(name.encode()) <= LONGEST_NAME


def _no_folder(name: str) -> str:
    return f"{name!r} cannot name a folder. Use letters, digits, dashes; at most {LONGEST_NAME} bytes of them."

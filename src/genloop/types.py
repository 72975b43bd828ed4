"""The nouns of a feedback loop: what a family, a source or a metric must offer to take part in it.

Nothing here computes. A `Source` gives real data of a `Domain`, an `Estimator` is fitted to a `Dataset` and becomes a
`Model`, a `Model` samples a new `Dataset`, a `Metric` scores either against real test data.

The nouns have parameters, by which a type checker sees what fits together: an `Estimator[ImageDataset, ImageDomain,
MyModel]` takes no text, and a metric of texts does not judge it. Without them, as in the loop, any kind is meant.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Generic, Literal, Protocol, Self, runtime_checkable

from typing_extensions import TypeVar

from genloop.costs import Cost, Resources
from genloop.examples import Examples, Origins
from genloop.values import Measured, Value

# The data set, domain and model of a family, and what a metric judges, which may be less than a whole model: what goes
# in is `_contra`, what comes out `_co`. The defaults are the one place where kinds are forgotten: the loop, its steps
# and executors mix all of them, and name none.
DataT = TypeVar("DataT", bound="Dataset", default=Any)
DataT_co = TypeVar("DataT_co", bound="Dataset", default=Any, covariant=True)
DataT_contra = TypeVar("DataT_contra", bound="Dataset", default=Any, contravariant=True)
DomainT = TypeVar("DomainT", bound="Domain", default=Any)
DomainT_co = TypeVar("DomainT_co", bound="Domain", default=Any, covariant=True)
DomainT_contra = TypeVar("DomainT_contra", bound="Domain", default=Any, contravariant=True)
ModelT = TypeVar("ModelT", bound="Model", default=Any)
ModelT_co = TypeVar("ModelT_co", bound="Model", default=Any, covariant=True)
JudgedT_co = TypeVar("JudgedT_co", default=Any, covariant=True)
JudgedT_contra = TypeVar("JudgedT_contra", default=Any, contravariant=True)


@dataclass(frozen=True)
class Runtime:
    """Where and how to compute. Never part of a key.

    Attributes:
        device: `cpu`, `cuda`, `mps`, or `auto` for the best one present.
        threads: CPU threads; None leaves the choice to the libraries. Results are bit-identical for equal counts.
        checkpoint_seconds: longest work that an interrupted fit can lose.
    """

    device: str = "auto"
    threads: int | None = None
    checkpoint_seconds: float = 45.0


@dataclass(frozen=True)
class Progress:
    """How far a step is.

    Attributes:
        done: examples finished.
        total: examples in all.
        loss: latest training loss, where there is one.
    """

    done: int
    total: int
    loss: float | None = None


@dataclass(frozen=True)
class Context:
    """What a step may use besides its inputs; nothing here changes a result.

    Attributes:
        runtime: where to compute.
        scratch_dir: a folder that survives interruption, for checkpoints; None for none.
        report: called with the progress every now and then.
    """

    runtime: Runtime = field(default_factory=Runtime)
    scratch_dir: Path | None = None
    report: Callable[[Progress], None] = lambda _: None

    def counter(self, total: int, before: int = 0) -> Callable[[int], None]:
        """Return what reports how many things of so many are done, besides those `before` them."""
        return lambda done: self.report(Progress(before + done, total))


class Dataset(Protocol):
    """An immutable sequence of examples, usually a view over files.

    Attributes:
        unit: what one example is: token, image, ...
    """

    unit: ClassVar[str]

    def __len__(self) -> int:
        """Return the number of examples."""
        ...

    def slice(self, start: int, stop: int) -> Self:
        """Return examples `start` to `stop` as a view."""
        ...

    def weighted(self, weight: float) -> Self:
        """Return the same examples, each with this weight in the training loss."""
        ...

    def concat(self, others: Sequence[Self]) -> Self:
        """Return these examples followed by those of the others, as a view."""
        ...

    def draw(self, num: int, *, seed: int) -> Self:
        """Return `num` examples drawn uniformly without replacement, as a view."""
        ...

    def save(self, directory: Path) -> None:
        """Write the examples to a folder."""
        ...


@dataclass(frozen=True)
class Format(Generic[DataT_contra]):
    """A kind of file for the data of a domain.

    Attributes:
        write: write a data set to a new file, with who made its examples.
        read: read a file that others may have written; UserError if it does not fit the domain.
    """

    write: Callable[[DataT_contra, Path, Origins], None]
    read: Callable[[Path], Dataset]


class Domain(Protocol[DataT]):
    """What all data of a run share, opened from the folder where its source was prepared.

    Opening one reads nothing, so the folder may be empty still; its data and what they share are read when asked for.
    Results are read by it, without the source. It may declare `model_files`, patterns of the names of prepared files
    that models are opened with, such as a vocabulary: an exported model takes them along.

    Attributes:
        name: under which it is found when results are read; shipped ones are listed by `genloop list`.
    """

    name: ClassVar[str]

    def prepared(self, part: Literal["train", "test"]) -> DataT:
        """Open one part of the real data."""
        ...

    def generated(self, directory: Path) -> DataT:
        """Open synthetic data that a model generated and `Dataset.save` wrote."""
        ...

    def show(self, data: DataT, num: int | None = None, *, beside: Sequence[DataT] = ()) -> Examples:
        """Return the first examples of a data set, to be looked at; nothing of them is chosen for its looks.

        Args:
            data: of this domain.
            num: how many, at most; None for as many as one looks at together.
            beside: data sets next to which they are shown: where an example has its like in others, as conformations
                of one molecule have, only those are shown that all of them have.
        """
        ...

    @property
    def formats(self) -> Mapping[str, Format[DataT]]:
        """The kinds of files in which data are exchanged, by the ending of their names; `/` is a folder."""
        ...


class Source(Protocol[DomainT_co]):
    """Real data. `identity` says which, by content; `prepare` makes them ready once, and `open` opens what it wrote."""

    def identity(self) -> object:
        """Return what determines the data, as plain values; cheap enough to ask before anything runs."""
        ...

    def prepare(self, directory: Path, context: Context) -> None:
        """Write train and test data, and what all iterations share, to a folder, as its domain opens them.

        Raises:
            UserError: if the data are missing, unreadable, too small, or test and train overlap.
        """
        ...

    def open(self, directory: Path) -> DomainT_co:
        """Return the domain of the data on a folder that `prepare` wrote, or will write.

        It may know more than the folder holds, such as the distribution that the data were drawn from.
        """
        ...


class Model(Protocol[DataT]):
    """An immutable fitted model."""

    @property
    def status(self) -> str:
        """`fitted`, or `diverged` when the fit left the finite numbers."""
        ...

    def sample(self, num: int, *, seed: int, conditions: DataT | None = None, context: Context) -> DataT:
        """Return exactly `num` synthetic examples; `conditions` is a data set of the family's own kind."""
        ...

    def save(self, directory: Path) -> None:
        """Write the model to a folder from which `Estimator.load` restores it."""
        ...


class Estimator(Protocol[DataT_contra, DomainT_contra, ModelT_co]):
    """Hyperparameters of a model before fitting; never mutated."""

    def fit_identity(self, num_examples: int) -> object:
        """Return what determines the fitted model besides data and seed, as plain values.

        Parameters of sampling are left out, and settings that come to the same for this many examples are equal
        (ten epochs, or the optimiser steps that they take).
        """
        ...

    def sample_identity(self) -> object:
        """Return what determines the samples of a fitted model."""
        ...

    def fit(self, train: DataT_contra, *, seed: int, context: Context) -> ModelT_co:
        """Fit a new model to a data set of the family's own kind; nothing of an earlier fit is used."""
        ...

    def load(self, directory: Path, domain: DomainT_contra, context: Context) -> ModelT_co:
        """Restore a model that `Model.save` wrote; `domain` is that of the data it was fitted on."""
        ...

    def fit_cost(self, num_examples: int, domain: DomainT_contra | None) -> Cost:
        """Estimate what a fit on `num_examples` takes; `domain` is None while the source is not prepared."""
        ...

    def sample_cost(self, num_examples: int, domain: DomainT_contra | None) -> Cost:
        """Estimate what generating `num_examples` takes."""
        ...


@runtime_checkable
class Refittable(Protocol[DataT_contra, ModelT]):
    """An estimator that can go on from a fitted model instead of starting afresh."""

    def refit(self, model: ModelT, train: DataT_contra, *, seed: int, context: Context) -> ModelT:
        """Fit a new model to a data set, starting from the parameters of `model`, which stays as it is.

        Raises:
            UserError: if `model` has not the shape that this estimator fits.
        """
        ...


@runtime_checkable
class Weighting(Protocol):
    """An estimator whose fits to examples of unequal weights have a version of their own, which enters their keys only.

    Attributes:
        weighting: raised when the same unequal weights would give another model.
    """

    weighting: ClassVar[int]


@runtime_checkable
class Demanding(Protocol):
    """An estimator whose models compute with more than one processor."""

    @property
    def resources(self) -> Resources:
        """What a fit, a sample or a score of its models computes with."""
        ...


UNSET: Any = None  # in the place of what a metric does not need


@dataclass(frozen=True)
class Evidence(Generic[DataT_co, JudgedT_co]):
    """What a metric may look at; only what it `needs` is set, the rest is None whatever its type says.

    `Evidence[TokenDataset, Likelihood]` is of texts, and of models that offer what `Likelihood` declares.

    Attributes:
        test: held-out real data.
        model: the fitted model.
        samples: synthetic data that the model generated, or real data for comparison.
        train: the data that the model was fitted on.
        first: the model that the same loop fitted at iteration 1.
    """

    test: DataT_co
    model: JudgedT_co = UNSET
    samples: DataT_co = UNSET
    train: DataT_co = UNSET
    first: JudgedT_co = UNSET


class Metric(Protocol[DataT_contra, JudgedT_contra]):
    """A measurement of a model or of its samples, against real test data.

    What is measured of samples depends on how many they are, so one number of them is looked at throughout a run, and
    as many real examples for the noise floor. A metric may declare `any_size = True` if its values do not depend on
    it, and `most_examples`, the number that it looks at at most.

    Attributes:
        needs: what it looks at besides the test data, of `model`, `samples`, `train` and `first`.
        values: what it measures, and what that means: see `Value`.
        about: which scorer judges what, such as `real test text | model_t`.
    """

    needs: ClassVar[frozenset[str]]

    @property
    def values(self) -> Sequence[Value]: ...

    @property
    def about(self) -> str: ...

    def score(
        self, evidence: Evidence[DataT_contra, JudgedT_contra], *, seed: int, context: Context
    ) -> Mapping[str, float | Measured]:
        """Return every value by its name: a number, or a `Measured` one with its standard error."""
        ...


@runtime_checkable
class ChoosyEstimator(Protocol[DataT_contra]):
    """An estimator that does not take all data: it is asked before anything is fitted."""

    def requires(self, train: DataT_contra, num_examples: int) -> Iterable[str]:
        """Return what stands in the way of a fit, a sentence each; nothing if all is well.

        Args:
            train: the first real examples, as many as the least training set takes, or all.
            num_examples: how many that training set has.
        """
        ...


@runtime_checkable
class ChoosyMetric(Protocol[DataT_contra]):
    """A metric that does not take all data: it is asked before anything is fitted."""

    def requires(self, test: DataT_contra, num_samples: int, estimator: Estimator) -> Iterable[str]:
        """Return what stands in the way of a score, a sentence each; nothing if all is well.

        Args:
            test: the real test data that judge; for a noise floor, half of them.
            num_samples: how many samples there will be at least.
            estimator: of the model.
        """
        ...

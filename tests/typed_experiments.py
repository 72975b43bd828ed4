# pyright: strict, reportUnnecessaryTypeIgnoreComment=true
"""What a type checker says of experiments: nothing of right ones, and something of each that mixes kinds.

`make check` reads this file, nothing runs it. A line with `# pyright: ignore` is wrong on purpose; where the checker
would let it pass, the comment itself is an error.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from genloop import Accumulate, Context, Cost, Evidence, Experiment, Replace, Value
from genloop.images import VAE, Digits, ImageDataset, ImageLoss, PixelFidelity
from genloop.numbers import (
    ArrayDataset,
    Discrete,
    Gaussian,
    LinearRegression,
    Moments,
    Normal,
    NumberDomain,
    ParameterError,
    Regression,
    TableError,
    TestError,
    Wasserstein,
    Zipf,
)
from genloop.testing import check_family, check_metric
from genloop.text import GPT2, Bible, Diversity, LearningCurve, NGram, SampleLoss, TestLoss, Texts


class OwnModel:
    """A model of numbers that knows nothing but its mean."""

    status: str = "fitted"
    mean: float = 0.0

    def sample(
        self, num: int, *, seed: int, conditions: ArrayDataset | None = None, context: Context
    ) -> ArrayDataset: ...

    def save(self, directory: Path) -> None: ...


class Own:
    """An estimator of one's own, of a shipped domain."""

    def fit_identity(self, num_examples: int) -> object: ...

    def sample_identity(self) -> object: ...

    def fit(self, train: ArrayDataset, *, seed: int, context: Context) -> OwnModel: ...

    def load(self, directory: Path, domain: NumberDomain, context: Context) -> OwnModel: ...

    def fit_cost(self, num_examples: int, domain: NumberDomain | None) -> Cost: ...

    def sample_cost(self, num_examples: int, domain: NumberDomain | None) -> Cost: ...


class OwnOfModels:
    """A metric of one's own, which looks into the models of `Own`."""

    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values: tuple[Value, ...] = (Value("mean", "1"),)
    about: str = "model_t"

    def score(self, evidence: Evidence[ArrayDataset, OwnModel], *, seed: int, context: Context) -> Mapping[str, float]:
        return {"mean": evidence.model.mean}


class OwnOfImages:
    """A metric of one's own, of samples alone."""

    needs: ClassVar[frozenset[str]] = frozenset({"samples"})
    values: tuple[Value, ...] = (Value("number", "images"),)
    about: str = "samples of model_t"

    def score(self, evidence: Evidence[ImageDataset], *, seed: int, context: Context) -> Mapping[str, float]:
        return {"number": len(evidence.samples)}


BOTH = (Replace(), Accumulate())

# Right ones
Experiment("text", Bible(), GPT2(), BOTH, (TestLoss(), SampleLoss(), LearningCurve(), Diversity()))
Experiment("n-gram", Texts("a.jsonl"), NGram(), BOTH, (TestLoss(), Diversity()), first_estimator=NGram(order=2))
Experiment("images", Digits(), VAE(), BOTH, (ImageLoss(), PixelFidelity(), OwnOfImages()))
Experiment("numbers", Normal(), Gaussian(), BOTH, (Moments(), Wasserstein()))
Experiment("types", Zipf(), Discrete(num_types=10), BOTH, (TableError(),))
Experiment("regression", Regression(), LinearRegression(), BOTH, (TestError(), ParameterError()))
Experiment("own", Normal(), Own(), BOTH, (OwnOfModels(), Wasserstein()))
Experiment("none", Bible(), GPT2(), BOTH, ())
check_family(Own(), source=Normal(), folder=Path())
check_metric(OwnOfModels(), Own(), source=Normal(), folder=Path())

# A metric of another kind of data
Experiment("text", Bible(), GPT2(), BOTH, (ImageLoss(),))  # pyright: ignore
Experiment("text", Bible(), GPT2(), BOTH, (TestLoss(), PixelFidelity()))  # pyright: ignore
Experiment("images", Digits(), VAE(), BOTH, (TestLoss(),))  # pyright: ignore
Experiment("images", Digits(), VAE(), BOTH, (ImageLoss(), OwnOfModels()))  # pyright: ignore
Experiment("own", Normal(), Own(), BOTH, (OwnOfImages(),))  # pyright: ignore
check_metric(OwnOfImages(), Own(), source=Normal(), folder=Path())  # pyright: ignore

# An estimator of another domain than the source's
Experiment("text", Bible(), VAE(), BOTH, ())  # pyright: ignore
Experiment("images", Digits(), GPT2(), BOTH, ())  # pyright: ignore
Experiment("own", Digits(), Own(), BOTH, ())  # pyright: ignore
Experiment("regression", Normal(), LinearRegression(), BOTH, ())  # pyright: ignore
Experiment("first", Bible(), GPT2(), BOTH, (), first_estimator=VAE())  # pyright: ignore
check_family(Own(), source=Bible(), folder=Path())  # pyright: ignore

# A metric that wants what the models do not offer
Experiment("n-gram", Bible(), NGram(), BOTH, (LearningCurve(),))  # pyright: ignore
Experiment("numbers", Normal(), Gaussian(), BOTH, (TableError(),))  # pyright: ignore
Experiment("own", Normal(), Own(), BOTH, (Moments(),))  # pyright: ignore
Experiment("text", Bible(), GPT2(), BOTH, (OwnOfModels(),))  # pyright: ignore

"""Linear regression and ridge, exactly, for all replicates at once.

A fit needs X'X and X'y, which whole data sets know, so its cost does not grow with their size. Kernel regression, which
needs the rows, is in `kernel_regression`.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from genloop.data.regression.design import Array, Design
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.shard import Linear, Shard, read_arrays, write_arrays
from genloop.data.regression.source import Regression
from genloop.errors import UserError, not_positive
from genloop.identity import derive_seed, describe
from genloop.types import Context, Cost

MODEL_FILE = "model.npz"
FLOPS_PER_NORMAL = 50  # to make a random number


@dataclass(frozen=True, eq=False)
class LinearModel:
    """Fitted parameters of every replicate, and what else its samples need.

    Attributes:
        weights: w, shape (R, d).
        design: X of the training data.
        noise_deviation: sigma, which is known, not fitted.
    """

    weights: Array
    design: Design
    noise_deviation: float

    @property
    def status(self) -> str:
        return "fitted" if np.isfinite(self.weights).all() else "diverged"

    def sample(
        self, num: int, *, seed: int, conditions: RegressionDataset | None = None, context: Context
    ) -> RegressionDataset:
        """Return targets X w + noise, where X is that of `conditions`, else the one that the source says."""
        design = conditions.shard.design if conditions else self.design.fresh(derive_seed(seed, "design"))
        noise_seed = derive_seed(seed, "noise")
        return RegressionDataset.of(Shard(design, num, Linear(self.weights), self.noise_deviation, noise_seed))

    def excess_errors(self, test: RegressionDataset) -> Array:
        """Return E (y - x.w)^2 - sigma^2 = (w - w*)' Sigma (w - w*) for every replicate, shape (R,)."""
        return self._deviation(test) ** 2 @ test.design.spectrum

    def parameter_errors(self, test: RegressionDataset) -> Array:
        """Return |w - w*|^2 for every replicate, shape (R,)."""
        return np.sum(self._deviation(test) ** 2, axis=1)

    def _deviation(self, test: RegressionDataset) -> Array:
        truth = test.shard.teacher
        assert isinstance(truth, Linear)
        return self.weights - truth.array

    def save(self, directory: Path) -> None:
        recipe = {"design": asdict(self.design), "noise_deviation": self.noise_deviation}
        write_arrays(directory / MODEL_FILE, recipe, {"weights": self.weights})


class _LeastSquares:
    """What both estimators share."""

    examples: ClassVar[str] = "row"
    offers: ClassVar[frozenset[str]] = frozenset({"excess_errors", "parameter_errors"})

    def fit_identity(self, num_examples: int) -> object:
        return describe(self)

    def sample_identity(self) -> object:
        return {"type": "Linear", "version": 1}

    def load(self, directory: Path, domain: RegressionDomain, context: Context) -> LinearModel:
        recipe, arrays = read_arrays(directory / MODEL_FILE, "weights")
        return LinearModel(arrays["weights"], Design(**recipe["design"]), recipe["noise_deviation"])

    def fit_cost(self, num_examples: int, domain: RegressionDomain | None) -> Cost:
        design = design_of(domain)
        numbers = design.num_replicates * design.dimension
        return Cost(num_examples, numbers * design.dimension * (design.dimension + num_examples), 8 * numbers)

    def sample_cost(self, num_examples: int, domain: RegressionDomain | None) -> Cost:
        design = design_of(domain)
        rows = num_examples * design.num_replicates
        return Cost(num_examples, rows * (4 * design.dimension + FLOPS_PER_NORMAL), 16 * design.num_replicates)


@dataclass(frozen=True)
class LinearRegression(_LeastSquares):
    """Ordinary least squares, w = (X'X)^-1 X'y; examples of a training set count by their weight."""

    version: ClassVar[int] = 1
    theories: ClassVar[tuple[str, ...]] = ("test error of least squares", "parameter error of least squares")
    citations: ClassVar[tuple[str, ...]] = ("dohmatob2024regression",)

    def requires(self, train: RegressionDataset, num_examples: int) -> Iterator[str]:
        dimension, num_rows = train.design.dimension, train.num_different_rows
        if num_rows < dimension + 2:
            yield (
                f"A training set has {num_rows} different rows for dimension={dimension}. With d - 1 to d + 1 of them "
                "the expected error of least squares is infinite, and with fewer than d it has no single solution. "
                "Raise num_train and num_samples, or use ridge or min-norm."
            )

    def fit(self, train: RegressionDataset, *, seed: int, context: Context) -> LinearModel:
        """Fit every replicate.

        Raises:
            UserError: if there are fewer than d + 2 different rows (Lemma 1 of arXiv 2404.01413).
        """
        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        return _solve(train, penalty=0.0)


@dataclass(frozen=True)
class Ridge(_LeastSquares):
    """Ridge regression, w = (X'X + lambda I)^-1 X'y; examples of a training set count by their weight.

    Attributes:
        penalty: lambda. It is not scaled with the number of examples, so a growing training set is shrunk less.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("dohmatob2024regression",)

    penalty: float = 1.0

    def __post_init__(self) -> None:
        check_positive("Ridge", penalty=self.penalty)

    def fit(self, train: RegressionDataset, *, seed: int, context: Context) -> LinearModel:
        return _solve(train, penalty=self.penalty)


@dataclass(frozen=True)
class MinNorm(_LeastSquares):
    """The shortest of all least-squares solutions, w = X^+ y, which fits T < d rows exactly, whatever their weights.

    Of T < d - 1 Gaussian rows, equal in all directions, it errs by (1 - T/d) |w*|^2 + sigma^2 T / (d - T - 1): what it
    does not see it takes for 0. Under replace, with new rows and no noise, the error is 1 - (T/d)^n of |w*|^2 (the
    setting of arXiv 2402.07712).
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("dohmatob2024regression",)

    def requires(self, train: RegressionDataset, num_examples: int) -> Iterator[str]:
        dimension, num_rows = train.design.dimension, train.num_different_rows
        if abs(num_rows - dimension) <= 1:
            yield (
                f"A training set has {num_rows} different rows for dimension={dimension}. With d - 1 to d + 1 of them "
                "the expected error of the shortest solution is infinite. Use fewer or more, or ridge."
            )

    def fit(self, train: RegressionDataset, *, seed: int, context: Context) -> LinearModel:
        """Fit every replicate.

        Raises:
            UserError: if there are d - 1 to d + 1 different rows.
        """
        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        statistics = train.statistics()
        rank = min(train.num_different_rows, train.design.dimension)
        eigenvalues, vectors = np.linalg.eigh(statistics.gram)
        seen = vectors[:, :, -rank:]  # the directions of the rows
        along = np.einsum("rij,ri->rj", seen, statistics.moment) / eigenvalues[:, -rank:]
        return LinearModel(np.einsum("rij,rj->ri", seen, along), train.design, train.noise_deviation)


def _solve(train: RegressionDataset, *, penalty: float) -> LinearModel:
    statistics = train.statistics()
    gram = statistics.gram + penalty * np.eye(train.design.dimension)
    try:
        weights: Array = np.linalg.solve(gram, statistics.moment[:, :, None])[:, :, 0]
    except np.linalg.LinAlgError as error:
        raise UserError(
            "A training set that was drawn holds too few different rows to be fitted. Raise num_train and num_samples."
        ) from error
    return LinearModel(weights, train.design, train.noise_deviation)


def design_of(domain: RegressionDomain | None) -> Design:
    """Return the design of prepared real data, or of a source with default settings where there are none yet."""
    source = Regression()
    return domain.design if domain else Design(source.seed, source.num_replicates, source.dimension)


def check_positive(kind: str, **values: float) -> None:
    """Raise UserError unless all values are positive and finite."""
    if problems := not_positive(**values):
        raise UserError(f"{kind}: {'. '.join(problems)}.")

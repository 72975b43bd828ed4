"""Kernel ridge regression with a Gaussian kernel, exactly, on one design that every source reuses.

All rows of a training set are copies of the T rows of X, so the fit needs of each only how much its copies weigh and
what their targets add up to. Memory is R T^2; it is meant for small T.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from genloop.data.regression.design import Array, Design
from genloop.data.regression.domain import RegressionDomain
from genloop.data.regression.rows import RegressionDataset
from genloop.data.regression.shard import Shard, Tabulated, read_arrays, write_arrays
from genloop.errors import UserError
from genloop.families.linear import FLOPS_PER_NORMAL, MODEL_FILE, check_positive, design_of
from genloop.identity import derive_seed, describe
from genloop.types import Context, Cost


@dataclass(frozen=True, eq=False)
class KernelModel:
    """The function f(x) = k(x, X) a of every replicate.

    Attributes:
        coefficients: a, shape (R, T).
        bandwidth: of the kernel.
        design: X, which repeats itself after T rows.
        noise_deviation: sigma, which is known, not fitted.
    """

    coefficients: Array
    bandwidth: float
    design: Design
    noise_deviation: float

    @property
    def status(self) -> str:
        return "fitted" if np.isfinite(self.coefficients).all() else "diverged"

    def predict(self, rows: Array) -> Array:
        """Return f at rows, (R, N, d), as (R, N)."""
        kernel = gaussian_kernel(rows, _repeated_rows(self.design), self.bandwidth)
        return (kernel @ self.coefficients[:, :, None])[:, :, 0]

    def sample(
        self, num: int, *, seed: int, conditions: RegressionDataset | None = None, context: Context
    ) -> RegressionDataset:
        """Return targets f(X) + noise at the X of the training data."""
        assert conditions is None or conditions.shard.design == self.design, "the design is fixed"
        teacher = Tabulated(self.predict(_repeated_rows(self.design)))
        shard = Shard(self.design, num, teacher, self.noise_deviation, derive_seed(seed, "noise"))
        return RegressionDataset.of(shard)

    def excess_errors(self, test: RegressionDataset) -> Array:
        """Return the mean of (f(x) - x.w*)^2 over test rows for every replicate, shape (R,)."""
        rows = test.design.rows(0, len(test))
        return np.mean((self.predict(rows) - test.shard.teacher.targets(rows, np.arange(len(test)))) ** 2, axis=1)

    def save(self, directory: Path) -> None:
        recipe = {
            "design": asdict(self.design),
            "noise_deviation": self.noise_deviation,
            "bandwidth": self.bandwidth,
        }
        write_arrays(directory / MODEL_FILE, recipe, {"coefficients": self.coefficients})


@dataclass(frozen=True)
class KernelRegression:
    """Kernel ridge regression, f(x) = k(x, X) (K + lambda I)^-1 y, with k(x, z) = exp(-|x - z|^2 / 2 h^2).

    Attributes:
        bandwidth: h, in units of x.
        penalty: lambda. It is not scaled with the number of examples, so a growing training set is shrunk less.
    """

    version: ClassVar[int] = 1
    citations: ClassVar[tuple[str, ...]] = ("dohmatob2024regression",)
    examples: ClassVar[str] = "row"
    offers: ClassVar[frozenset[str]] = frozenset({"excess_errors"})

    bandwidth: float = 3.0
    penalty: float = 1.0

    def __post_init__(self) -> None:
        check_positive("KernelRegression", bandwidth=self.bandwidth, penalty=self.penalty)

    def fit_identity(self, num_examples: int) -> object:
        return describe(self)

    def sample_identity(self) -> object:
        return {"type": "Tabulated", "version": 1}

    def requires(self, train: RegressionDataset, num_examples: int) -> Iterator[str]:
        if train.design.period is None:
            yield (
                "design='fresh' gives every source other rows, but kernel regression follows one design. "
                "Use source.design=reused."
            )

    def fit(self, train: RegressionDataset, *, seed: int, context: Context) -> KernelModel:
        """Fit every replicate: with M the weight of all copies of each row, (M K + lambda I) a = X's summed targets.

        Raises:
            UserError: if the design is fresh.
        """
        for problem in self.requires(train, len(train)):
            raise UserError(problem)
        design = train.design
        assert design.period is not None
        mass, total = _add_copies(train, design.period)
        rows = _repeated_rows(design)
        system = mass[:, :, None] * gaussian_kernel(rows, rows, self.bandwidth) + self.penalty * np.eye(design.period)
        coefficients = np.linalg.solve(system, total[:, :, None])[:, :, 0]
        return KernelModel(coefficients, self.bandwidth, design, train.noise_deviation)

    def load(self, directory: Path, domain: RegressionDomain, context: Context) -> KernelModel:
        recipe, arrays = read_arrays(directory / MODEL_FILE, "coefficients")
        design = Design(**recipe["design"])
        return KernelModel(arrays["coefficients"], recipe["bandwidth"], design, recipe["noise_deviation"])

    def fit_cost(self, num_examples: int, domain: RegressionDomain | None) -> Cost:
        design = design_of(domain)
        num_rows = design.period or num_examples
        flops = design.num_replicates * (num_rows**3 + num_examples * design.dimension)
        return Cost(num_examples, flops, 8 * design.num_replicates * num_rows)

    def sample_cost(self, num_examples: int, domain: RegressionDomain | None) -> Cost:
        design = design_of(domain)
        num_rows = design.period or num_examples
        flops = design.num_replicates * (num_rows**2 + num_examples * FLOPS_PER_NORMAL)
        return Cost(num_examples, flops, 8 * design.num_replicates * num_rows)


def gaussian_kernel(rows: Array, others: Array, bandwidth: float) -> Array:
    """Return exp(-|x - z|^2 / 2 h^2) for rows (R, N, d) and others (R, M, d), shape (R, N, M)."""
    squares = np.sum(rows**2, axis=2)[:, :, None] + np.sum(others**2, axis=2)[:, None, :]
    distances = np.maximum(0, squares - 2 * rows @ others.transpose(0, 2, 1))
    return np.exp(distances / (-2 * bandwidth**2))


def _repeated_rows(design: Design) -> Array:
    assert design.period is not None
    return design.rows(0, design.period)


def _add_copies(train: RegressionDataset, num_rows: int) -> tuple[Array, Array]:
    """Return the weight of all copies of each row of X and their weighted targets, both (R, T)."""
    mass, total = np.zeros((2, train.design.num_replicates, num_rows))
    for rows in train.rows():  # chunks end with the period, so no row occurs twice in one
        places = rows.numbers % num_rows
        mass[:, places] += rows.weights
        total[:, places] += rows.weights * rows.targets
    return mass, total

"""Metrics of regression against the known truth; means over replicates, with their standard errors and quantiles.

The test error is in closed form for linear models, so it has no noise but that of the loop itself.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from genloop.data.regression.design import Array
from genloop.data.regression.rows import RegressionDataset
from genloop.errors import UserError
from genloop.metrics.replicates import average
from genloop.types import Context, Evidence
from genloop.values import LOSS, NOT_NEGATIVE, Measured, Value


class ExcessErrors(Protocol):
    """A model with a test error in closed form."""

    def excess_errors(self, test: RegressionDataset) -> Array: ...


class ParameterErrors(Protocol):
    """A model with the parameters of a linear one."""

    def parameter_errors(self, test: RegressionDataset) -> Array: ...


@dataclass(frozen=True)
class TestError:
    """Expected squared error on new real data, beyond the noise: E_test(w) = |w - w*|^2 in the norm of Sigma."""

    __test__: ClassVar[bool] = False  # no test case, whatever pytest thinks of the name
    version: ClassVar[int] = 1
    examples: ClassVar[str] = "row"
    wants: ClassVar[Mapping[str, str]] = {"excess_errors": "a test error in closed form"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value("test_loss", "squared error", "higher", LOSS, theory="test error of least squares", bounds=NOT_NEGATIVE),
    )
    about = "real test rows, noise taken off | model_t"

    def score(
        self, evidence: Evidence[RegressionDataset, ExcessErrors], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        return average({"test_loss": evidence.model.excess_errors(evidence.test)})


@dataclass(frozen=True)
class ParameterError:
    """Squared distance |w - w*|^2 between fitted and true parameters of a linear model."""

    version: ClassVar[int] = 1
    examples: ClassVar[str] = "row"
    wants: ClassVar[Mapping[str, str]] = {"parameter_errors": "the parameters of a linear model"}
    needs: ClassVar[frozenset[str]] = frozenset({"model"})
    values = (
        Value(
            "parameter_error", "squared distance", "higher", LOSS, 2, NOT_NEGATIVE,
            theory="parameter error of least squares",
        ),
    )  # fmt: skip
    about = "true parameters | model_t"

    def score(
        self, evidence: Evidence[RegressionDataset, ParameterErrors], *, seed: int, context: Context
    ) -> Mapping[str, Measured]:
        if not hasattr(evidence.model, "parameter_errors"):
            raise UserError("The metric parameter-error needs a linear model. Leave it out for kernel regression.")
        return average({"parameter_error": evidence.model.parameter_errors(evidence.test)})

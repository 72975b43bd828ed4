"""Theory's answer as a table, as JSON, and as a figure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from rich.table import Table

from genloop.assembly import check_rounding
from genloop.errors import UserError
from genloop.policies import Policy
from genloop.policy_text import policy_name
from genloop.report.figures.look import count_iterations, drawing, legend_below, panels, rise_by_factors, spacing
from genloop.report.palette import styles
from genloop.theory.curve import Curve
from genloop.theory.fresh_growth import fresh_design_growth
from genloop.theory.growth import Growth, growth_of
from genloop.theory.propagate import error_curve, fitted_moments
from genloop.theory.simulated_design import predicted_error_curve

SHOWN_ROWS = 20  # of a table; longer curves are thinned
Metric = Literal["error", "variance", "mean-error"]
TITLES: dict[Metric, str] = {
    "error": "Expected test error as a multiple of iteration 1",
    "variance": "Expected fitted variance, in real variances",
    "mean-error": "Expected squared error of the fitted mean, in real variances",
}


@dataclass(frozen=True, eq=False)
class Prediction:
    """The curve of a policy, and how it goes on; `growth` is None of what is no error ratio."""

    policy: str
    curve: Curve
    growth: Growth | None


def predict(
    policy: Policy, num_iterations: int, *, num_examples: int | None = None, dimension: int | None = None
) -> Prediction:
    """Return the error of every iteration as a multiple of iteration 1.

    Args:
        policy: what the training sets are made of.
        num_iterations: length of the curve.
        num_examples: T; None for the limit of many.
        dimension: d; given, every source has new rows, else all share one design.

    Raises:
        UserError: if the policy asks for data that do not exist, T or d is less than 1, or T is too small for d.
    """
    _check_sizes(policy, num_iterations, num_examples, dimension)
    if dimension is None:
        size = math.inf if num_examples is None else num_examples
        curve = error_curve(policy, num_iterations, num_examples=size)
        return Prediction(policy_name(policy), curve, growth_of(policy, num_iterations, num_examples=size))
    if num_examples is None:
        raise UserError(f"--dimension {dimension} says that every source has new rows; say how many: --examples T.")
    curve = predicted_error_curve(policy, num_iterations, num_examples=num_examples, dimension=dimension)
    growth = fresh_design_growth(policy, curve, num_examples=num_examples, dimension=dimension)
    return Prediction(policy_name(policy), curve, growth)


def predict_moments(
    policy: Policy,
    num_iterations: int,
    metric: Literal["variance", "mean-error"],
    *,
    num_examples: int | None = None,
    narrowing: float = 1.0,
    bandwidth: float = 0.0,
    unbiased: bool = False,
) -> Prediction:
    """Return the fitted variance, or the error of the fitted mean, of a Gaussian, a KDE or a discrete table.

    Args:
        policy: what the training sets are made of.
        num_iterations: length of the curve.
        metric: which of the two.
        num_examples: n, size of the first training set; None leaves the effect of the sampler alone.
        narrowing, bandwidth, unbiased: as in `fitted_moments`.

    Raises:
        UserError: if the policy asks for data that do not exist, or a number is out of range.
    """
    _check_sizes(policy, num_iterations, num_examples, None)
    for name, value in (("--narrowing", narrowing), ("--bandwidth", bandwidth)):
        if not 0 <= value < math.inf:
            raise UserError(f"{name} is {value}. Give a number from 0 on.")
    if unbiased and num_examples == 1:
        raise UserError("--unbiased divides by n - 1, which is 0 for --examples 1. Give 2 or more.")
    with np.errstate(over="ignore", invalid="ignore"):  # a variance may leave the range of numbers, which is said
        found = fitted_moments(
            policy, num_iterations, num_examples=math.inf if num_examples is None else num_examples,
            narrowing=narrowing, bandwidth=bandwidth, unbiased=unbiased,
        )  # fmt: skip
    return Prediction(policy_name(policy), found.variance if metric == "variance" else found.mean_error, None)


def _check_sizes(policy: Policy, num_iterations: int, num_examples: int | None, dimension: int | None) -> None:
    for name, size in (("T, the number of examples,", num_examples), ("d, the dimension,", dimension)):
        if size is not None and size < 1:
            raise UserError(f"{name} is {size}. Give at least 1.")
    if num_examples is None:
        return
    for iteration in range(1, min(num_iterations, 3) + 1):
        check_rounding(policy, iteration, policy.training_set(iteration), num_examples)


def growth_text(growth: Growth | None) -> str:
    """Return how an error curve goes on, in words."""
    match growth:
        case None:
            return ""
        case Growth("unsettled", seen=seen):
            return f"not settled within {seen[1]} iterations" if seen else "unsettled"
    provided = f", if it goes on as in iterations {growth.seen[0]} to {growth.seen[1]}" if growth.seen else ""
    return _law_text(growth) + provided


def _law_text(growth: Growth) -> str:
    match growth:
        case Growth("bounded", limit=float(limit), least=float(least)):
            return f"bounded: repeats from {least:.4g} to {limit:.4g}"
        case Growth("bounded", limit=float(limit)):
            return f"bounded: tends to {limit:.4g}"
        case Growth("linear", slope=float(slope)) if not math.isclose(slope, 1, rel_tol=1e-9):
            return f"linear: grows like {slope:.4g} n"
        case Growth("power", exponent=float(exponent)):
            return f"power: grows like n^{exponent:.2f}"
        case Growth(law):
            return {"logarithmic": "logarithmic: grows like log n", "linear": "linear: grows like n"}.get(law, law)


def predictions_json(predictions: Sequence[Prediction], metric: Metric = "error") -> dict[str, Any]:
    """Return predictions as one JSON document; a value beyond the range of numbers is null."""
    name = "error_ratio" if metric == "error" else metric.replace("-", "_")
    return {
        "rows": [
            {
                "policy": prediction.policy,
                "iteration": iteration,
                name: _finite(value),
                **_error_of(prediction, iteration),
            }
            for prediction in predictions
            for iteration, value in enumerate(prediction.curve.values, start=1)
        ],
        "policies": [
            {
                "policy": prediction.policy,
                "growth": prediction.growth.law if prediction.growth else None,
                "exponent": prediction.growth.exponent if prediction.growth else None,
                "limit": prediction.growth.limit if prediction.growth else None,
                "least": prediction.growth.least if prediction.growth else None,
                "slope": prediction.growth.slope if prediction.growth else None,
                "seen": prediction.growth.seen if prediction.growth else None,
                "assumptions": prediction.curve.basis.assumptions,
                "exact": prediction.curve.basis.exact,
                "reference": prediction.curve.basis.reference,
            }
            for prediction in predictions
        ],
    }


def predictions_table(predictions: Sequence[Prediction], metric: Metric = "error") -> Table:
    """Return one line for each iteration, thinned if there are many, and the growth law below."""
    num_iterations = len(predictions[0].curve.values)
    table = Table(title=TITLES[metric], show_footer=metric == "error")
    table.add_column("iteration", footer="growth", justify="right")
    for prediction in predictions:
        table.add_column(prediction.policy, footer=growth_text(prediction.growth), justify="right")
    for iteration in _shown(num_iterations):
        table.add_row(str(iteration), *(_cell(prediction.curve, iteration - 1) for prediction in predictions))
    return table


def _cell(curve: Curve, place: int) -> str:
    value = float(curve.values[place])
    if not math.isfinite(value):
        return "too large"
    text = f"{value:.4f}" if value == 0 or 1e-3 <= abs(value) < 1e6 else f"{value:.4g}"
    return text if curve.standard_error is None else f"{text} ± {curve.standard_error[place]:.2g}"


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _error_of(prediction: Prediction, iteration: int) -> dict[str, float]:
    error = prediction.curve.standard_error
    return {} if error is None else {"standard_error": float(error[iteration - 1])}


def draw_predictions(predictions: Sequence[Prediction], path: Path, metric: Metric = "error") -> None:
    """Draw the curves of all policies on logarithmic axes."""
    looks = styles(prediction.policy for prediction in predictions)
    with drawing(path) as figure:
        (axes,) = panels(figure, [""], x="iteration", y=TITLES[metric].lower())
        count_iterations(axes)
        rise_by_factors(axes)
        for prediction in predictions:
            values, look = prediction.curve.values, looks[prediction.policy]
            growth = growth_text(prediction.growth)
            name = f"{prediction.policy} ({growth})" if growth else prediction.policy
            axes.plot(
                range(1, len(values) + 1), values, color=look.colour, linestyle=look.line, marker=look.marker,
                markevery=spacing(len(values)), label=name,
            )  # fmt: skip
        legend_below(figure)


def _shown(num_iterations: int) -> list[int]:
    stride = -(-num_iterations // SHOWN_ROWS)
    return sorted({1, *range(stride, num_iterations + 1, stride), num_iterations})

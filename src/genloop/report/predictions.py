"""Theory's answer as a table, as JSON, and as a figure."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.table import Table

from genloop.errors import UserError, unknown_name
from genloop.policies import Fresh, Mix, Policy, Schedule
from genloop.policy_text import POLICIES, policy_name
from genloop.report.figures.look import count_iterations, drawing, legend_below, panels, rise_by_factors, spacing
from genloop.report.palette import styles
from genloop.theory.curve import Curve
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.growth import FEWEST, Growth, growth_law
from genloop.theory.propagate import error_curve
from genloop.theory.solve import smallest_real_share

SETTLED = 200  # iterations after which growth laws show
SHOWN_ROWS = 20  # of a table; longer curves are thinned


@dataclass(frozen=True, eq=False)
class Prediction:
    """The error curve of a policy, and how it goes on; `growth` is None where the policy's table ends too soon."""

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
    for name, size in (("T, the number of examples,", num_examples), ("d, the dimension,", dimension)):
        if size is not None and size < 1:
            raise UserError(f"{name} is {size}. Give at least 1.")
    length = num_iterations if isinstance(policy, Schedule) else max(num_iterations, SETTLED)
    if dimension is None:
        whole = error_curve(policy, length, **({} if num_examples is None else {"num_examples": num_examples}))
    elif num_examples is None:
        raise UserError(f"--dimension {dimension} says that every source has new rows; say how many: --examples T.")
    else:
        whole = fresh_design_error_curve(policy, length, num_examples=num_examples, dimension=dimension)
    shown = Curve(whole.values[:num_iterations], whole.meaning, whole.basis)
    return Prediction(policy_name(policy), shown, growth_law(whole) if length >= FEWEST else None)


@dataclass(frozen=True)
class RealShare:
    """The least real share of a policy that keeps the error in bounds; None if no share does."""

    policy: str
    num_iterations: int
    max_increase: float
    real: float | None

    def text(self) -> str:
        bound = f"within {self.max_increase:.0%} of iteration 1 after {self.num_iterations} iterations"
        if self.real is None:
            return f"{self.policy}: no real share keeps the error {bound}. Accumulate, or collect more real data."
        return f"{self.policy}: a real share of {self.real:.4f} or more keeps the error {bound}."


def solve_share(policy: str, parameter: str, num_iterations: int, max_increase: float) -> RealShare:
    """Return the least real share of a policy such as `mix` or `fresh`.

    Raises:
        UserError: if the policy has no real share, or something else is to be solved for.
    """
    name = policy.strip().partition("(")[0]
    kind = POLICIES.get(name)
    if kind is None:
        raise unknown_name("policy", name, POLICIES)
    if parameter != "real" or kind not in (Fresh, Mix):
        raise UserError(f"--solve {parameter} of {name!r} is unknown. Solve for real, in mix or fresh.")
    if not max_increase > 0:
        raise UserError(f"--max-increase {max_increase} allows no increase. Use more than 0, such as 0.1.")
    real = smallest_real_share(lambda share: error_curve(kind(share), num_iterations), max_increase=max_increase)
    return RealShare(name, num_iterations, max_increase, real)


def growth_text(growth: Growth | None) -> str:
    """Return how an error curve goes on, in words."""
    match growth:
        case Growth("bounded", limit=limit) if limit is not None:
            return f"bounded: tends to {limit:.4g}"
        case Growth("power", exponent=exponent) if exponent is not None:
            return f"power: grows like n^{exponent:.2f}"
        case Growth(law):
            return {"logarithmic": "logarithmic: grows like log n", "linear": "linear: grows like n"}.get(law, law)
    return f"not settled within fewer than {FEWEST} iterations"


def predictions_json(predictions: Sequence[Prediction]) -> dict[str, Any]:
    """Return predictions as one JSON document."""
    return {
        "rows": [
            {"policy": prediction.policy, "iteration": iteration, "error_ratio": float(value)}
            for prediction in predictions
            for iteration, value in enumerate(prediction.curve.values, start=1)
        ],
        "policies": [
            {
                "policy": prediction.policy,
                "growth": prediction.growth.law if prediction.growth else None,
                "exponent": prediction.growth.exponent if prediction.growth else None,
                "limit": prediction.growth.limit if prediction.growth else None,
                "assumptions": prediction.curve.basis.assumptions,
                "exact": prediction.curve.basis.exact,
                "reference": prediction.curve.basis.reference,
            }
            for prediction in predictions
        ],
    }


def predictions_table(predictions: Sequence[Prediction]) -> Table:
    """Return one line for each iteration, thinned if there are many, and the growth law below."""
    num_iterations = len(predictions[0].curve.values)
    table = Table(title="Expected test error as a multiple of iteration 1", show_footer=True)
    table.add_column("iteration", footer="growth", justify="right")
    for prediction in predictions:
        table.add_column(prediction.policy, footer=growth_text(prediction.growth), justify="right")
    for iteration in _shown(num_iterations):
        cells = (f"{prediction.curve.values[iteration - 1]:.4f}" for prediction in predictions)
        table.add_row(str(iteration), *cells)
    return table


def draw_predictions(predictions: Sequence[Prediction], path: Path) -> None:
    """Draw the error curves of all policies on logarithmic axes."""
    looks = styles(prediction.policy for prediction in predictions)
    with drawing(path) as figure:
        (axes,) = panels(figure, [""], x="iteration", y="test error, multiple of iteration 1")
        count_iterations(axes)
        rise_by_factors(axes)
        for prediction in predictions:
            values, look = prediction.curve.values, looks[prediction.policy]
            axes.plot(
                range(1, len(values) + 1), values, color=look.colour, linestyle=look.line, marker=look.marker,
                markevery=spacing(len(values)), label=f"{prediction.policy} ({growth_text(prediction.growth)})",
            )  # fmt: skip
        legend_below(figure)


def _shown(num_iterations: int) -> list[int]:
    stride = -(-num_iterations // SHOWN_ROWS)
    return sorted({1, *range(stride, num_iterations + 1, stride), num_iterations})

"""Figures 2 and 9 of arXiv 2404.01413: linear regression under replace and accumulate, simulated beside its theory.

The text of the paper does not say which d, T and sigma its curves have; the settings here span an order of magnitude
in each. A claim is about a whole curve: it shows the point farthest from theory, and holds if that point is within 4
standard errors. One point is farther off by chance with probability 6e-5, so all 1,440 points of figure 9 together
with at most 9 % (less, as the points of a curve move together). Seeds are fixed, so the verdict does not change from
run to run.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from genloop.data.regression.source import Regression
from genloop.executors.memory import simulate
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression
from genloop.metrics.regression import TestError
from genloop.policies import Accumulate, Policy, Replace
from genloop.policy_text import policy_name
from genloop.report.figures import COLOURS
from genloop.reproduce.claims import Claim, Reproduction
from genloop.reproduce.request import Request
from genloop.theory.curve import Array
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.propagate import error_curve
from genloop.theory.regression import ols_test_error

LAWS = {Replace(): "grows like n (eq. 1)", Accumulate(): "grows like 1 + 1/4 + ... + 1/n^2 (Theorem 2)"}
LIMIT = np.pi**2 / 6


@dataclass(frozen=True)
class Setting:
    """One pair of curves: d, T, sigma, and how many loops are averaged."""

    dimension: int
    num_examples: int
    noise_deviation: float
    num_replicates: int
    design: Literal["reused", "fresh"] = "reused"

    def __str__(self) -> str:
        rows = "" if self.design == "reused" else ", new rows"
        return f"d = {self.dimension}, T = {self.num_examples:,}, sigma = {self.noise_deviation:g}{rows}"

    @property
    def first_error(self) -> float:
        """Error of iteration 1, sigma^2 d / (T - d - 1)."""
        return ols_test_error(self.num_examples, self.dimension, noise_variance=self.noise_deviation**2)


SETTINGS = (
    Setting(10, 30, 1.0, num_replicates=1000),
    Setting(10, 100, 1.0, num_replicates=1000),
    Setting(10, 100, 0.1, num_replicates=1000),
    Setting(30, 300, 0.3, num_replicates=200),
    Setting(100, 300, 0.7, num_replicates=100),
    Setting(10, 30, 0.3, num_replicates=500, design="fresh"),
)


@dataclass(frozen=True, eq=False)
class MeasuredCurve:
    """Test error of one policy in one setting, iteration by iteration; all arrays have shape (iteration,)."""

    setting: Setting
    policy: Policy
    expected: Array
    measured: Array
    standard_error: Array


def reproduce_figure2(request: Request) -> Reproduction:
    """Simulate 20 iterations, compare every point with theory, and draw figure 2."""
    request.refuse_scale("figure2")
    return _reproduce("Figure 2", request.directory("figure2") / "figure2.png", num_iterations=20, scale="linear")


def reproduce_figure9(request: Request) -> Reproduction:
    """Simulate 120 iterations, compare every point with theory, and draw figure 9, with log error."""
    request.refuse_scale("figure9")
    return _reproduce("Figure 9", request.directory("figure9") / "figure9.png", num_iterations=120, scale="log")


def _reproduce(name: str, path: Path, *, num_iterations: int, scale: Literal["linear", "log"]) -> Reproduction:
    curves = [
        curve
        for number, setting in enumerate(SETTINGS)
        for curve in measure(setting, num_iterations=num_iterations, seed=number)
    ]
    _draw(curves, path, scale)
    bounds = [_bound_claim(curve) for curve in curves if curve.policy == Accumulate()]
    title = f"{name}: accumulating data prevents model collapse in linear regression"
    return Reproduction(title, (*map(_curve_claim, curves), *bounds), (path,))


def measure(setting: Setting, *, num_iterations: int, seed: int) -> list[MeasuredCurve]:
    """Run replace and accumulate in one setting and return their errors beside theory."""
    source = Regression(
        dimension=setting.dimension, num_train=setting.num_examples, num_test=1,
        noise_deviation=setting.noise_deviation, design=setting.design, num_replicates=setting.num_replicates,
        seed=seed,
    )  # fmt: skip
    experiment = Experiment(
        "figure", source, LinearRegression(), tuple(LAWS), (TestError(),), num_iterations, seeds=(seed,)
    )
    points: dict[Policy, list[tuple[float, float]]] = defaultdict(list)
    for iteration, values in simulate(experiment):
        error, standard_error = values["test_loss"], values["test_loss_standard_error"]
        assert error is not None
        assert standard_error is not None
        points[iteration.policy].append((error, standard_error))
    return [
        MeasuredCurve(setting, policy, predict(setting, policy, num_iterations), *np.transpose(points[policy]))
        for policy in LAWS
    ]


def predict(setting: Setting, policy: Policy, num_iterations: int) -> Array:
    """Return the expected test error of a policy, shape (iteration,)."""
    if setting.design == "reused":
        ratio = error_curve(policy, num_iterations)
    else:
        ratio = fresh_design_error_curve(
            policy, num_iterations, num_examples=setting.num_examples, dimension=setting.dimension
        )
    return setting.first_error * ratio.values


def _curve_claim(curve: MeasuredCurve) -> Claim:
    """Return the claim that all points lie on the curve, shown by the one farthest from it."""
    worst = int(np.argmax(np.abs(curve.measured - curve.expected) / curve.standard_error))
    is_smaller = curve.policy == Accumulate() and curve.setting.design == "fresh"
    law = "grows like sum (T-d-1) / (i (i T-d-1)), below Theorem 2" if is_smaller else LAWS[curve.policy]
    return Claim.of(
        f"{policy_name(curve.policy).capitalize()} {law}; {curve.setting}: "
        f"all {len(curve.measured)} test errors, the farthest at iteration {worst + 1}",
        expected=float(curve.expected[worst]),
        measured=float(curve.measured[worst]),
        standard_error=float(curve.standard_error[worst]),
    )


def _bound_claim(curve: MeasuredCurve) -> Claim:
    """Return the claim that accumulating ends below Theorem 2's bound; it fails if it is 4 standard errors above."""
    measured, error = (
        float(values[-1] / curve.setting.first_error) for values in (curve.measured, curve.standard_error)
    )
    return Claim(
        f"Accumulate after {len(curve.measured)} iterations, over sigma^2 d / (T - d - 1), is at most pi^2 / 6 "
        f"(Theorem 2); {curve.setting}",
        expected=LIMIT,
        measured=measured,
        standard_error=error,
        holds=measured <= LIMIT + 4 * error,
    )


def _draw(curves: Sequence[MeasuredCurve], path: Path, scale: Literal["linear", "log"]) -> None:
    """Draw one panel for each policy: lines are theory, points simulation with 2 standard errors."""
    figure = Figure(figsize=(7.6, 7.0), layout="constrained")
    panels: dict[Policy, Axes] = dict(zip(LAWS, figure.subplots(2, sharex=True), strict=True))
    for number, curve in enumerate(curves):
        _draw_curve(panels[curve.policy], curve, COLOURS[number // len(LAWS)])
    for policy, axes in panels.items():
        axes.set_title(f"{policy_name(policy).capitalize()} {LAWS[policy]}", fontsize=10)
        axes.set_ylabel("test error (squared error)")
        axes.set_yscale(scale)
        axes.spines[["top", "right"]].set_visible(False)
    panels[Accumulate()].set_xlabel("iteration (lines: theory; points: simulation ± 2 standard errors)")
    figure.legend(*panels[Replace()].get_legend_handles_labels(), loc="outside lower center", ncols=2, frameon=False)
    figure.savefig(path, dpi=160, metadata={"Software": "genloop"})


def _draw_curve(axes: Axes, curve: MeasuredCurve, colour: str) -> None:
    iterations = np.arange(1, len(curve.measured) + 1)
    shown = slice(None, None, max(1, len(iterations) // 20))
    axes.plot(iterations, curve.expected, color=colour, linestyle="--" if curve.setting.design == "fresh" else "-")
    axes.errorbar(
        iterations[shown], curve.measured[shown], yerr=2 * curve.standard_error[shown], color=colour, fmt="o",
        markersize=3, capsize=2, label=str(curve.setting),
    )  # fmt: skip

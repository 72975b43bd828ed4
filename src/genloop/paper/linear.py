"""Figures 2 and 9 of arXiv 2404.01413: linear regression under replace and accumulate, simulated beside its theory.

The text of the paper does not say which d, T and sigma its curves have; the settings here span an order of magnitude
in each. A claim is about a whole curve: it shows the point farthest from theory, and holds if that point is within 4
standard errors. One point is farther off by chance with probability 6e-5, so all 1,440 points of figure 9 together
with at most 9 % (less, as the points of a curve move together). Seeds are fixed, so the verdict does not change from
run to run.
"""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from matplotlib.axes import Axes

from genloop.data.regression.source import Regression
from genloop.executors.memory import simulate
from genloop.experiment import Experiment
from genloop.families.linear import LinearRegression
from genloop.metrics.regression import TestError
from genloop.policies import Accumulate, Policy, Replace
from genloop.policy_text import policy_name
from genloop.report.figures.look import (
    PAGE_INCHES,
    count_iterations,
    drawing,
    legend_below,
    panels,
    rise_by_factors,
    spacing,
)
from genloop.report.palette import Style, styles
from genloop.study.claims import Claim, Reproduction
from genloop.study.computation import simulated
from genloop.study.grid import Grid
from genloop.study.page import write_pages
from genloop.study.request import Request
from genloop.theory.curve import Array
from genloop.theory.fresh_design import fresh_design_error_curve
from genloop.theory.propagate import error_curve
from genloop.theory.regression import ols_test_error

LAWS = {Replace(): "grows like n (eq. 1)", Accumulate(): "grows like 1 + 1/4 + ... + 1/n^2 (Theorem 2)"}
LIMIT = np.pi**2 / 6
RULE = (
    "A claim is about a whole curve and shows the point farthest from theory. It holds if that point is within 4 "
    "standard errors, over the loops that are averaged; a bound holds if it is exceeded by no more."
)


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
    return _reproduce("figure2", request, num_iterations=20, scale="linear")


def reproduce_figure9(request: Request) -> Reproduction:
    """Simulate 120 iterations, compare every point with theory, and draw figure 9, with log error."""
    return _reproduce("figure9", request, num_iterations=120, scale="log")


def _reproduce(target: str, request: Request, *, num_iterations: int, scale: Literal["linear", "log"]) -> Reproduction:
    request.refuse_scale(target)
    directory, started = request.directory(target), time.perf_counter()
    path = directory / f"{target}.png"
    curves = [
        curve
        for number, setting in enumerate(SETTINGS)
        for curve in measure(setting, num_iterations=num_iterations, seed=number)
    ]
    _draw(curves, path, scale)
    bounds = [_bound_claim(curve) for curve in curves if curve.policy == Accumulate()]
    found = Reproduction(
        title=f"Figure {target.removeprefix('figure')}: accumulating data prevents model collapse in linear regression",
        claims=(*map(_curve_claim, curves), *bounds),
        figures=(path,),
        notes=(RULE,),
        computation=simulated(target, started, _settings(num_iterations)),
    )
    return write_pages(found, directory)


def _settings(num_iterations: int) -> Grid:
    header = ("simulation", "loops averaged", "iterations", "seed")
    lines = [
        (str(setting), str(setting.num_replicates), str(num_iterations), str(number))
        for number, setting in enumerate(SETTINGS)
    ]
    return Grid("Settings", header, lines)


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
        error = values["test_loss"]
        assert error.value is not None
        assert error.standard_error is not None
        points[iteration.policy].append((error.value, error.standard_error))
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
    looks = styles(map(str, SETTINGS))
    titles = [f"{policy_name(policy).capitalize()} {LAWS[policy]}" for policy in LAWS]
    with drawing(path, width=PAGE_INCHES, height=5.0) as figure:
        what = "iteration (lines: theory; points: simulation ± 2 standard errors)"
        places = panels(figure, titles, x=what, y="test error (squared error)", share_y=False)
        for policy, axes in zip(LAWS, places, strict=True):
            count_iterations(axes)
            for curve in curves:
                if curve.policy == policy:
                    _draw_curve(axes, curve, looks[str(curve.setting)])
            if scale == "log":
                rise_by_factors(axes)
        legend_below(figure)


def _draw_curve(axes: Axes, curve: MeasuredCurve, style: Style) -> None:
    iterations = np.arange(1, len(curve.measured) + 1)
    shown = slice(None, None, spacing(len(iterations)))
    is_fresh = curve.setting.design == "fresh"
    axes.plot(iterations, curve.expected, color=style.colour, linestyle="--" if is_fresh else "-")
    axes.errorbar(
        iterations[shown], curve.measured[shown], yerr=2 * curve.standard_error[shown], color=style.colour,
        fmt=style.marker, label=str(curve.setting),
    )  # fmt: skip

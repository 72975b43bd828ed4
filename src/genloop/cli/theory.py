"""Commands that need no data: what theory says."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Literal

import typer

from genloop.cli.app import app, out
from genloop.cli.arguments import AsJson, a_path, decimal, whole
from genloop.cli.console import print_json
from genloop.errors import UserError

LONGEST = 5000  # iterations that are predicted in seconds; time and memory grow with the square of their number
MAX_INCREASE = 0.1


@app.command()
def predict(
    policy: Annotated[list[str], typer.Option("--policy", "-p", help="A data policy; repeat for several.")],
    iterations: Annotated[int, whole("--iterations", "-n", help="Length of the curves.")] = 10,
    examples: Annotated[int | None, whole(help="T, the first training set's size; by default the limit.")] = None,
    dimension: Annotated[int | None, whole(help="d: linear regression with new rows in every source.")] = None,
    metric: Annotated[
        Literal["error", "variance", "mean-error"],
        typer.Option(help="Test error; or the fitted variance, or error of the fitted mean, of a statistical family."),
    ] = "error",
    narrowing: Annotated[
        float | None,
        decimal(help="tau, variance of samples over that of their model, below 1 for temperature."),
    ] = None,
    bandwidth: Annotated[
        float | None,
        decimal(help="h of a kernel density, in standard deviations of the real data."),
    ] = None,
    unbiased: Annotated[bool, typer.Option("--unbiased", help="Variances are divided by n - 1.")] = False,
    solve: Annotated[
        str | None, typer.Option(help="Find values of a parameter of the policies instead: real, weight, size, ...")
    ] = None,
    max_increase: Annotated[
        float | None,
        decimal(help="With --solve: how far the error may rise; 0.1, which is 10 %, by default."),
    ] = None,
    figure: Annotated[
        Path | None, typer.Option(parser=a_path, help="Draw the curves into this file (png, pdf, svg).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Predict the error of any policy from theory alone, before a model is trained."""
    from genloop.policy_text import parse_policy
    from genloop.report import predictions

    if not 1 <= iterations <= LONGEST:
        raise UserError(f"--iterations {iterations} cannot be predicted. Ask for 1 to {LONGEST:,}.")
    of_sampler = {"--narrowing": narrowing, "--bandwidth": bandwidth, "--unbiased": unbiased or None}
    if solve is not None:
        of_curves = {"--examples": examples, "--dimension": dimension, "--figure": figure, **of_sampler}
        _refuse("--solve", of_curves | {"--metric": None if metric == "error" else metric})
        _solve(policy, solve, iterations, MAX_INCREASE if max_increase is None else max_increase, as_json)
        return
    _refuse("a prediction without --solve", {"--max-increase": max_increase})
    policies = dict.fromkeys(map(parse_policy, policy))
    if metric == "error":
        _refuse("--metric error", of_sampler)
        found = [predictions.predict(each, iterations, num_examples=examples, dimension=dimension) for each in policies]
    else:
        _refuse(f"--metric {metric}", {"--dimension": dimension})
        found = [
            predictions.predict_moments(
                each, iterations, metric, num_examples=examples, unbiased=unbiased,
                narrowing=1.0 if narrowing is None else narrowing, bandwidth=bandwidth or 0.0,
            )
            for each in policies
        ]  # fmt: skip
    if as_json:
        print_json(predictions.predictions_json(found, metric))
    else:
        out.print(predictions.predictions_table(found, metric))
        for about in dict.fromkeys(f"{item.curve.basis.assumptions} Exact: {item.curve.basis.exact}" for item in found):
            out.print(about, style="dim", highlight=False)
    if figure is not None:
        predictions.draw_predictions(found, figure, metric)


def _solve(policies: Sequence[str], parameter: str, iterations: int, max_increase: float, as_json: bool) -> None:
    from genloop.report.solutions import solve

    answers = [solve(each, parameter, iterations, max_increase) for each in dict.fromkeys(policies)]
    if as_json:
        print_json([answer.as_json() for answer in answers])
    for answer in [] if as_json else answers:
        out.print(answer.text(), highlight=False)


def _refuse(where: str, options: Mapping[str, object]) -> None:
    """Raise UserError for options that were given where they would do nothing."""
    given = [option for option, value in options.items() if value is not None]
    if given:
        raise UserError(
            f"{' and '.join(given)} would do nothing with {where}. Leave {'it' if len(given) == 1 else 'them'} out."
        )

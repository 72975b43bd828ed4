"""Commands that need no data: what theory says."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from genloop.cli.app import app, out
from genloop.cli.arguments import AsJson, a_path
from genloop.cli.console import print_json
from genloop.errors import UserError

LONGEST = 1000  # iterations that are predicted in seconds; time and memory grow with the square of their number


@app.command()
def predict(
    policy: Annotated[list[str], typer.Option("--policy", "-p", help="A data policy; repeat for several.")],
    iterations: Annotated[int, typer.Option("--iterations", "-n", help="Length of the curves.")] = 10,
    examples: Annotated[
        int | None, typer.Option(help="T, the first training set's size; by default the limit.")
    ] = None,
    dimension: Annotated[int | None, typer.Option(help="d: linear regression with new rows in every source.")] = None,
    solve: Annotated[str | None, typer.Option(help="Find the least share instead: real.")] = None,
    max_increase: Annotated[float, typer.Option(help="With --solve: how far the error may rise, 0.1 for 10 %.")] = 0.1,
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
    if solve is not None:
        answers = [predictions.solve_share(name, solve, iterations, max_increase) for name in policy]
        if as_json:
            print_json([asdict(answer) for answer in answers])
        for answer in [] if as_json else answers:
            out.print(answer.text(), highlight=False)
        return
    found = [
        predictions.predict(parse_policy(name), iterations, num_examples=examples, dimension=dimension)
        for name in policy
    ]
    if as_json:
        print_json(predictions.predictions_json(found))
    else:
        out.print(predictions.predictions_table(found))
        for about in dict.fromkeys(f"{item.curve.basis.assumptions} Exact: {item.curve.basis.exact}" for item in found):
            out.print(about, style="dim", highlight=False)
    if figure is not None:
        predictions.draw_predictions(found, figure)

"""The command that says how a run goes on."""

from pathlib import Path
from typing import Annotated

import typer

from genloop.cli.app import app, out
from genloop.cli.arguments import AsJson, Policies, RunDir, a_path, whole
from genloop.cli.console import print_json


@app.command()
def forecast(
    run_dir: RunDir,
    until: Annotated[int, whole("--to", help="The last iteration to forecast.")] = 20,
    metric: Annotated[str, typer.Option(help="What to forecast, averaged over seeds.")] = "test_loss",
    policy: Policies = None,
    figure: Annotated[
        Path | None, typer.Option(parser=a_path, help="Draw the forecast into this file (png, pdf, svg).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Say which law of growth a run follows and where it leads, with 90 % intervals and the mechanism in words.

    Needs four measured iterations; eight or more tell laws apart. The laws are bounded, logarithmic, linear, power and
    exponential growth; each is judged by how well fits to the first iterations predict the later ones.
    """
    from genloop.analysis.run_forecasts import forecasts
    from genloop.report import forecasts as shown
    from genloop.runs.record import Run

    run = Run(run_dir)
    told = forecasts(run, metric, until, policy or ())
    found = told.found
    if as_json:
        print_json(shown.forecasts_json(told), note=run.final_note)
    else:
        out.print(shown.forecasts_table(found))
        out.print(shown.laws_table(found))
        for each in found:
            out.print(shown.forecast_sentence(each), highlight=False)
        if told.left_out:
            out.print(shown.left_out_sentence(told), highlight=False)
        if run.final_note:
            out.print(run.final_note, highlight=False)
    if figure is not None:
        shown.draw_forecasts(found, figure)

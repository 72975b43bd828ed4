"""The command that lets a release pass, or not."""

from typing import Annotated

import typer

from genloop.cli.app import app, out
from genloop.cli.arguments import AsJson, Policies, RunDir, decimal
from genloop.cli.console import print_json


@app.command()
def check(
    run_dir: RunDir,
    max_increase: Annotated[
        float | None,
        decimal(help="Most that the metric may rise above iteration 1, as a share: 0.05 for 5 %."),
    ] = None,
    max_rise: Annotated[float | None, decimal(help="The same in the metric's own unit, such as nats.")] = None,
    metric: Annotated[str, typer.Option(help="What may not rise; `loss` is short for test_loss.")] = "loss",
    min_diversity: Annotated[
        float | None,
        decimal(help="Least share of iteration 1 that every measure of diversity keeps, such as 0.9."),
    ] = None,
    policy: Policies = None,
    as_json: AsJson = False,
) -> None:
    """Check that a finished run stays within limits at every iteration: a gate for release pipelines.

    With several seeds the mean over them decides; the 90 % interval of the change stands beside it. Exit code 0 if all
    pass, 1 with the failing rows, 2 for bad input or a run that is not finished.
    """
    from genloop.analysis import checks
    from genloop.report.checks import checks_json, checks_table
    from genloop.runs.record import Run

    limits = checks.Limits(max_increase, max_rise, min_diversity)
    run = Run(run_dir)
    found = checks.check(run, limits, metric, policy or ())
    failed = [each for each in found if not each.passes]
    if as_json:
        print_json(checks_json(found), note=run.final_note)
    elif failed:
        out.print(checks_table(failed))
        out.print(f"{len(failed)} of {len(found)} values FAIL.")
    else:
        out.print(f"All {len(found)} values pass.")
    if run.final_note and not as_json:
        out.print(run.final_note, highlight=False)
    raise typer.Exit(1 if failed else 0)

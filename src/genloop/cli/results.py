"""Commands about runs: their numbers, their models and data."""

from pathlib import Path
from typing import Annotated

import typer

from genloop.cli.app import app, out, tell_notes
from genloop.cli.arguments import AsJson, RunDir, a_path, whole
from genloop.cli.console import print_json, print_plain
from genloop.errors import UserError


@app.command()
def show(
    run_dir: RunDir,
    as_json: AsJson = False,
    training_sets: Annotated[
        bool, typer.Option("--training-sets", help="What every training set was made of, instead of the results.")
    ] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="All numbers as CSV, a line each.")] = False,
    quantiles: Annotated[
        bool, typer.Option("--quantiles", help="Median and quantiles over replicates, instead of the results.")
    ] = False,
) -> None:
    """Print the results of a run, finished or not."""
    from genloop.report.rows_csv import rows_csv
    from genloop.report.tables import quantiles_table, results_table, rows_json, training_sets_table
    from genloop.runs.record import Run

    forms = {"--json": as_json, "--csv": as_csv, "--quantiles": quantiles, "--training-sets": training_sets}
    if len(given := [option for option, is_given in forms.items() if is_given]) > 1:
        raise UserError(f"{' and '.join(given)} are different things to show. Give one of them.")
    found = Run(run_dir)
    if as_json:
        print_json(rows_json(found))
    elif as_csv:
        print_plain(rows_csv(found))
    elif quantiles:
        out.print(quantiles_table(found))
    elif training_sets:
        out.print(training_sets_table(found))
    else:
        out.print(results_table(found, width=out.width))
        tell_notes(found.data_facts())


@app.command()
def export(
    run_dir: RunDir,
    policy: Annotated[str, typer.Option("--policy", "-p", help="Policy of the model.")],
    iteration: Annotated[int, whole("--iteration", "-i", help="Iteration of the model.")],
    seed: Annotated[int | None, whole(help="Seed of the loop; by default the first.")] = None,
    model: Annotated[
        Path | None,
        typer.Option(
            parser=a_path, help="New folder for the model, its tokenizer and a model card: transformers, vLLM."
        ),
    ] = None,
    data: Annotated[
        Path | None,
        typer.Option(
            parser=a_path,
            help="New file for the examples and who made each: texts .parquet or .jsonl; images .parquet, .npz or, "
            "without an ending, a folder; molecules .sdf; numbers .csv, .parquet, .npz or .npy.",
        ),
    ] = None,
    part: Annotated[
        str | None,
        typer.Option(
            help="What --data writes: train, what the model was fitted on (default), or samples, what it generated."
        ),
    ] = None,
) -> None:
    """Write a model, or the data that it was fitted on or generated, for other tools."""
    from genloop.report.exports.export import export as export_results
    from genloop.runs.record import Run

    export_results(Run(run_dir), policy=policy, iteration=iteration, seed=seed, model=model, data=data, part=part)
    for place in filter(None, (data, model)):
        out.print(f"Wrote {place}.", highlight=False, soft_wrap=True)

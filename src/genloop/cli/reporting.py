"""The command that writes the page about runs."""

from pathlib import Path
from typing import Annotated

import typer

from genloop.cli.app import app, out
from genloop.cli.arguments import a_path


@app.command()
def report(
    run_dirs: Annotated[
        list[Path], typer.Argument(parser=a_path, metavar="RUN...", help="Folders of runs, finished or not.")
    ],
    out_path: Annotated[
        Path | None,
        typer.Option(
            "--out", parser=a_path, help="The HTML file; by default report.html in the run's folder, or here."
        ),
    ] = None,
    figures: Annotated[
        Path | None,
        typer.Option(
            parser=a_path, help="Also write every figure, ready for a paper, into this folder: PDF, SVG, PNG."
        ),
    ] = None,
) -> None:
    """Write one HTML page about runs: the answer, curves, collapse profile, samples, costs, provenance."""
    from genloop.report.figures.runs import save_figures
    from genloop.report.html.page import write_page
    from genloop.runs.record import Run

    runs = [Run(directory) for directory in run_dirs]
    path = out_path or (run_dirs[0] if len(runs) == 1 else Path()) / "report.html"
    write_page(runs, path)
    out.print(f"Report: {path}", highlight=False, soft_wrap=True)
    if figures:
        num_files = len(save_figures(runs, figures))
        out.print(f"Figures: {num_files} files in {figures}", highlight=False, soft_wrap=True)

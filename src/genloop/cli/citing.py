"""The command that says what to cite."""

from pathlib import Path
from typing import Annotated

import typer

from genloop.cli.app import app
from genloop.cli.arguments import a_path


@app.command()
def cite(
    run_dirs: Annotated[list[Path], typer.Argument(parser=a_path, metavar="RUN...", help="Folders of runs.")],
) -> None:
    """Print BibTeX of what runs used: their policies, estimators, metrics, data and theory, genloop and the study."""
    from genloop.report.citation import bibtex
    from genloop.runs.record import Run

    print(bibtex(*map(Run, run_dirs)), end="")

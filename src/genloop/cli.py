"""The command line."""

import typer

app = typer.Typer(help=__doc__)


@app.callback()
def _root() -> None: ...


def main() -> None:
    app()

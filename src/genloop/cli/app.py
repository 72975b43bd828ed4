"""What all commands share: where they print, and what becomes of errors."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from genloop.data.extras import user_error
from genloop.errors import UserError
from genloop.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
PLAIN_WIDTH = 150  # of tables where there is no terminal
# Names and paths are printed as they are: [a-z] is no colour in them, and :x: no picture.
out = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH, markup=False, emoji=False)
log = Console(stderr=True, markup=False, emoji=False)


def _print_version(is_wanted: bool) -> None:
    if is_wanted:
        out.print(f"genloop {__version__}", highlight=False)
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    """Model-data feedback loops: will my models collapse, and what must I keep to prevent it?"""


def main() -> None:
    """Run the command line; what a user can fix is one sentence and exit code 2."""
    try:
        app()
    except (UserError, ModuleNotFoundError) as error:
        log.print(Text.assemble(("Error:", "red"), f" {user_error(error)}"), soft_wrap=True)
        sys.exit(2)
    except BrokenPipeError:
        sys.stderr.close()


@contextmanager
def resumable() -> Iterator[None]:
    """Turn an interruption into one sentence and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        log.print("Interrupted. The same command continues where it stopped.")
        raise typer.Exit(130) from None

"""What all commands share: where they print, and what becomes of errors."""

import os
import signal
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, NoReturn

import typer
from rich.text import Text

from genloop.cli.console import PLAIN_WIDTH, ReaderGone, SafeConsole, leave_quietly, prepare_streams
from genloop.data.extras import user_error
from genloop.errors import UserError
from genloop.left_out import data_notes
from genloop.version import __version__

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
prepare_streams()
out = SafeConsole(width=None if sys.stdout.isatty() else PLAIN_WIDTH)
log = SafeConsole(stderr=True)
BAD_INPUT, INTERRUPTED, READER_GONE = 2, 130, 141  # the latter as shells have them for signals 2 and 13


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


def run_commands() -> None:
    """Run the command that was typed; what a user can fix is one sentence and exit code 2."""
    os.environ.pop("MPLBACKEND", None)  # commands draw into files only; a notebook's may not be installed here
    try:
        app()
        sys.stdout.flush()
    except (UserError, ModuleNotFoundError) as error:
        _end(str(user_error(error)))
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        sys.exit(INTERRUPTED)
    except (ReaderGone, BrokenPipeError):
        leave_quietly()
        sys.exit(READER_GONE)
    except MemoryError:
        _end("Memory ran out. Give this more, or less to do; finished steps are kept.")
    except OSError as error:  # that no part of a command expects, such as a full disk behind standard output
        place = error.filename or "What is read or printed"
        _end(f"{place}: the system says: {os.strerror(error.errno or 0)}. Mend that and run the same command again.")


def _end(sentence: str) -> NoReturn:
    """Say what went wrong, if anybody can be told, and end with exit code 2."""
    try:
        log.print(Text.assemble(("Error:", "red"), f" {sentence}"), soft_wrap=True)
        sys.stdout.flush()
    except (OSError, ReaderGone):
        leave_quietly()
    sys.exit(BAD_INPUT)


def tell_notes(facts: Mapping[str, Any]) -> None:
    """Print what preparation left out of the real data and noticed in them."""
    for sentence in data_notes(facts):
        out.print(sentence, highlight=False, soft_wrap=True)


@contextmanager
def resumable() -> Iterator[None]:
    """Turn an interruption into one sentence and exit code 130."""
    try:
        yield
    except KeyboardInterrupt:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second one would break into what is said of the first
        log.print("Interrupted. The same command continues where it stopped.")
        raise typer.Exit(INTERRUPTED) from None

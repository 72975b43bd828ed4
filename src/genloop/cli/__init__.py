"""The command line: `commands` lists all commands, each in the file of what it is about; `app` runs them."""

import signal


def main() -> None:
    """Run the command line; what a user can fix is one sentence and exit code 2."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C while libraries are imported just ends it
    except ValueError:  # outside of the main thread, which gets no signals
        before = None
    from genloop.cli.commands import run_commands

    if before is not None:
        signal.signal(signal.SIGINT, before)
    run_commands()

"""What a command that shows no progress tells of what it computes: warnings alone."""

from genloop.cli.app import log
from genloop.executors.executor import Silence


class Warnings(Silence):
    """Prints warnings."""

    def warned(self, message: str) -> None:
        log.print(f"Warning: {message}", soft_wrap=True, highlight=False)

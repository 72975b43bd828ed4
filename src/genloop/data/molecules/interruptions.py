"""Ctrl-C while RDKit computes: it takes the signal for itself, ends early, and returns what it has as if that were all.

Searches for substructures, of which there is one in most of what it does, and embedding do so, in any thread, and
whether Python hears of it is left to chance where there are several. What RDKit always does is to log that it was
interrupted, so its log is read here: whoever called it must not believe what came back.
"""

import _thread
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager

from genloop.data.extras import needs_extra

with needs_extra("molecules"):
    from rdkit import rdBase

SIGN = re.compile(r"^(\[.*?\] )?interrupted\b|\bwas interrupted\b", re.IGNORECASE)


class _Watch(logging.Handler):
    """Counts interruptions, and passes each on to the main thread as the Ctrl-C that it was."""

    num = 0

    def emit(self, record: logging.LogRecord) -> None:
        if SIGN.search(record.getMessage()):
            self.num += 1
            _thread.interrupt_main()


_watch = _Watch()


def watch() -> None:
    """Read RDKit's log, which nobody else sees then."""
    rdBase.LogToPythonLogger()
    logger = logging.getLogger("rdkit")
    logger.handlers = [_watch]
    logger.propagate = False


@contextmanager
def believed() -> Iterator[None]:
    """Raise KeyboardInterrupt at the end of a block in which RDKit was interrupted, in whichever thread."""
    before = _watch.num
    yield
    if _watch.num != before:
        raise KeyboardInterrupt

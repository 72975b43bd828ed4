"""What preparation left out and noticed, written by the source that did, in files of the prepared folder."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from genloop.left_out import LEFT_OUT_FILE, NOTICES_FILE

LONGEST = 100  # characters of a reason


def write_left_out(directory: Path, counts: Mapping[str, Mapping[str, int]]) -> None:
    """Write how much was left out: part of the data -> reason -> number; zeros need not be taken out.

    A part is named `train` or `test`, after where its data were read from. A reason names the things, or says what is
    wrong with them: `duplicates`, `hydrogens are missing`.
    """
    told = {part: _told(reasons) for part, reasons in counts.items()}
    text = json.dumps({part: reasons for part, reasons in told.items() if reasons}, indent=2, ensure_ascii=False)
    (directory / LEFT_OUT_FILE).write_text(text + "\n", "utf-8")


def write_notices(directory: Path, notices: Iterable[str]) -> None:
    """Write what whoever reads the results should know of the data, a sentence each."""
    told = list(map(_printable, notices))
    (directory / NOTICES_FILE).write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", "utf-8")


def _told(reasons: Mapping[str, int]) -> Mapping[str, int]:
    """Return the reasons that there are."""
    told = Counter[str]()
    for reason, num in reasons.items():
        told[_printable(reason[:LONGEST])] += num
    return {reason: num for reason, num in told.items() if num}


def _printable(text: str) -> str:
    """Return text, which may hold names from files, in characters that can be printed."""
    return "".join(letter if letter.isprintable() else "\ufffd" for letter in text)

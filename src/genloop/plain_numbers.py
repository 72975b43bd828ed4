"""Numbers as other programs take them: one rule for experiment files, policies and the command line.

Python reads `5_000` as 5000, and YAML 1.1 reads `1:30` as 90, `010` as 8 and `0x1F` as 31: whoever writes these means
something else, or should say it plainly.
"""

import re

from genloop.errors import UserError

OF_OTHERS = re.compile(r"[_:xX]|^[-+]?0b|^[-+]?0\d")


def is_plain(text: str) -> bool:
    """Whether a text that is read as a number is one for other programs, too."""
    return text.isascii() and not OF_OTHERS.search(text)


def whole_number(text: str) -> int:
    """Return a whole number that was typed.

    Raises:
        UserError: if it is none.
    """
    if is_plain(text) and re.fullmatch(r"[-+]?\d+", text):
        return int(text)
    raise UserError(f"{text!r:.40} is no whole number. Write digits alone, such as 5000.")


def number(text: str) -> float:
    """Return a number that was typed.

    Raises:
        UserError: if it is none.
    """
    try:
        if is_plain(text):
            return float(text)
    except ValueError:
        pass
    raise UserError(f"{text!r:.40} is no number. Write digits and a point, such as 0.05.")

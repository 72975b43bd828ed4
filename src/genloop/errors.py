"""The one exception a user is meant to see, and help for names that do not exist."""

import math
from collections.abc import Iterable
from difflib import get_close_matches

MOST_LISTED = 400  # names in a message; a table may have a hundred thousand columns
LONGEST_LISTED = 60  # characters of each
LONGEST_QUOTED = 200  # characters of what was written


class UserError(Exception):
    """Something the user can fix; the command line prints it as one sentence and exits with code 2.

    The message says what was written, what is wrong with it, and what to do.
    """


def unknown_name(kind: str, name: str, available: Iterable[str]) -> UserError:
    """Return the error for a `name` that is no `kind`: it suggests the nearest and lists the available ones."""
    names = sorted(available)
    nearest = get_close_matches(name, names, n=1, cutoff=0.5)
    suggestion = f" Did you mean {nearest[0]!r}?" if nearest else ""
    others = f" and {len(names) - MOST_LISTED:,} others" if len(names) > MOST_LISTED else ""
    listed = ", ".join(each[:LONGEST_LISTED] for each in names[:MOST_LISTED])
    return UserError(f"{quoted(name)} is no {kind}.{suggestion} Available: {listed}{others}.")


def quoted(value: object) -> str:
    """Return a value as a message repeats it: as Python writes it, and no longer than a person reads."""
    text = repr(value)
    return text if len(text) <= LONGEST_QUOTED else f"{text[:LONGEST_QUOTED]}..."


def not_positive(**values: float) -> list[str]:
    """Return for every value that is no positive finite number what is wrong with it, and what to do."""
    return [
        f"{name}={value} is not positive; use more than 0" for name, value in values.items() if not 0 < value < math.inf
    ]

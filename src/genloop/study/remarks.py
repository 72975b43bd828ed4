"""What people have written about results, kept beside them so that computing again does not lose it."""

import re
from collections.abc import Mapping
from pathlib import Path

from genloop import catalog
from genloop.errors import UserError, unknown_name

REMARKS_FILE = "remarks.md"


def read_remarks(directory: Path) -> Mapping[str, str]:
    """Return what `remarks.md` says of every target, under headings such as `## figure5`; nothing without that file.

    What stands before the first heading is for its writers only.

    Raises:
        UserError: if the file cannot be read, or a heading names no target.
    """
    path = directory / REMARKS_FILE
    if not path.exists():
        return {}
    try:
        _, *sections = re.split(r"^## +(.+?) *$", path.read_text("utf-8"), flags=re.MULTILINE)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}.") from error
    remarks = {name: text.strip() for name, text in zip(sections[::2], sections[1::2], strict=True)}
    for name in remarks:
        if name not in catalog.STUDIES:
            raise UserError(f"A heading of {path}: {unknown_name('target', name, catalog.STUDIES)}")
    return remarks

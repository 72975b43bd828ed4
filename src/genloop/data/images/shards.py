"""Parquet files that together are one part of the data: one file, or a folder of them as the Hub hands it out.

In a folder, a file belongs to the split that its name, or that of a folder above it, begins with, as in
`data/train-00000-of-00002.parquet`. Training data are those of `train`, or else all that belong to no split; test data
those of `test`, else of `validation`, or else all that belong to no split.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from genloop.data.images.collections import is_image
from genloop.data.reading import list_folder, named_path, readable
from genloop.errors import UserError

SPLIT = re.compile(r"(train|test|validation|valid|val|dev)(?![a-z])", re.IGNORECASE)
WANTED: Mapping[str, Sequence[str | None]] = {
    "train": ("train", None),
    "test": ("test", "validation", "valid", "val", "dev", None),
}


@dataclass(frozen=True)
class Shards:
    """Some Parquet files.

    Attributes:
        paths: of the files.
        not_used: names of what else lies there, by the reason why it is not read.
    """

    paths: list[Path]
    not_used: Mapping[str, Sequence[str]]


def find_shards(field: str, written: str) -> Shards | None:
    """Return the Parquet files that a setting names; None if it names something else, such as a folder of images.

    Raises:
        UserError: if all of them belong to other parts of the data.
    """
    path = named_path(field, written)
    if path.is_file():
        return Shards([readable(path)], {}) if _is_parquet(str(path)) else None
    files = list_folder(path).files if path.is_dir() else []
    names = list(filter(_is_parquet, files))
    if not names or any(map(is_image, files)):
        return None
    found = next((split for split in WANTED[field] if any(_split(name) == split for name in names)), "")
    if found == "":
        raise UserError(f"{field}={written!r} holds no Parquet of a {field} split, but {names[0]}. Name a file.")
    own = [name for name in names if _split(name) == found]
    others = [name for name in names if _split(name) != found]
    return Shards([readable(path / name) for name in own], {"Parquet files of other splits": others})


def _split(name: str) -> str | None:
    """Return the split that a path belongs to, by its last part that begins with one; None for none."""
    found = [match.group(1).lower() for part in name.split("/") if (match := SPLIT.match(part))]
    return found[-1] if found else None


def _is_parquet(name: str) -> bool:
    return name.lower().endswith(".parquet")

"""What a finished step records about itself, and how that is known again."""

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, TypedDict

from genloop.errors import UserError
from genloop.identity import digest, file_digest

FORMAT = 1  # of a store and what lies in it; a higher one is refused
MANIFEST = "manifest.json"


class DamagedArtefact(UserError):
    """A finished result whose content differs from what was written."""


class FileRecord(TypedDict):
    """What a manifest says of a file, by which it is known again."""

    sha256: str
    bytes: int


@dataclass(frozen=True)
class Manifest:
    """What a finished step recorded about itself.

    Attributes:
        key: the step's name.
        inputs: what the key was made of.
        facts: small results, such as a model's status.
        files: what each file holds, by its name.
        elapsed_seconds: time that the step took, what was spent before interruptions included.
    """

    key: str
    inputs: Mapping[str, object]
    facts: Mapping[str, object]
    files: Mapping[str, FileRecord]
    elapsed_seconds: float

    def count(self, fact: str) -> int:
        """Return a fact that is a number of things."""
        number = self.facts[fact]
        assert isinstance(number, int), f"{self.key} has {number!r} as {fact}"
        return number

    def said(self, fact: str) -> str:
        """Return a fact in words."""
        return str(self.facts[fact])

    def text(self) -> str:
        record = {"format": FORMAT, **vars(self)}
        return json.dumps({**record, "digest": digest(record)}, indent=1, ensure_ascii=False)


def is_as_written(file: Path, expected: FileRecord) -> bool:
    """Whether a file is one, rather than a link to one of somebody's, and holds what its manifest says."""
    if file.is_symlink() or not file.is_file() or file.stat().st_size != expected["bytes"]:
        return False
    return file_digest(file) == expected["sha256"]


def read_manifest(path: Path, key: str) -> Manifest:
    """Return the manifest of a step from its file.

    Raises:
        DamagedArtefact: if it is not what was written.
    """
    try:
        record = json.loads(path.read_text("utf-8"))
        claimed = record.pop("digest")
        format_found = record.pop("format")
        intact = claimed == digest({"format": format_found, **record}) and record["key"] == key and _is_sound(record)
        manifest = Manifest(**record)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise damaged(path) from error
    if not intact:
        raise damaged(path)
    return manifest


def _is_sound(record: Mapping[str, Any]) -> bool:
    """Whether a manifest says what one says, and its files lie in its folder: somebody else may have written it."""
    files, seconds = record["files"], record["elapsed_seconds"]
    names = [PurePosixPath(name) for name in files]
    return (
        isinstance(record["facts"], dict)
        and isinstance(seconds, int | float)
        and 0 <= seconds < math.inf
        and not any(name.is_absolute() or ".." in name.parts for name in names)
        and all({"sha256", "bytes"} <= each.keys() for each in files.values())
    )


def damaged(path: Path) -> DamagedArtefact:
    """Return the error for a file that has changed."""
    return DamagedArtefact(
        f"{path} has changed since it was written, so it is not used. Run the same command again to recompute it."
    )

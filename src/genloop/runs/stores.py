"""Where the results of a run are."""

from pathlib import Path

from genloop.mirror import MirroredStore, is_url
from genloop.runs.soundness import is_sound
from genloop.store import Store


def store_at(place: Path | str | None, directory: Path) -> Store:
    """Return a store, which is not opened yet.

    Args:
        place: a folder; None for one in `directory`; of an object store its address, such as `s3://bucket/prefix`,
            whose copy on this machine lies in `directory`.
        directory: of the run, or of the study.
    """
    if isinstance(place, str) and is_url(place):
        return MirroredStore(directory / "store", place, is_sound)
    return Store(Path(place) if place else directory / "store", is_sound)

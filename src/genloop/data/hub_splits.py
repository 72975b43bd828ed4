"""A data set that the `datasets` library loads, and its splits."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from genloop.data.extras import needs_extra
from genloop.data.hub_network import look_for_hub
from genloop.data.named_files import format_of
from genloop.data.reading import files_in, named_path, reason
from genloop.errors import UserError, unknown_name
from genloop.identity import file_digest

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class HubAddress:
    """Where a data set is.

    Attributes:
        name: id on the Hub, or a folder: one written by `save_to_disk`, or a copy of a data set of the Hub.
        config: configuration of the data set, where it has several.
        revision: commit on the Hub.
    """

    name: str
    config: str | None = None
    revision: str | None = None

    def __post_init__(self) -> None:
        if (self._is_folder and self.revision) or (self._is_saved and self.config):
            raise UserError(
                f"{self.name!r} is a folder, which has no config and no revision, but for the configs of a copy of a "
                "data set of the Hub. Remove them."
            )

    @property
    def _is_folder(self) -> bool:
        return named_path("name", self.name).is_dir()

    @property
    def _is_saved(self) -> bool:
        return self._is_folder and bool(_states(self.name))

    def identity(self) -> dict[str, Any]:
        """Return what determines the data, as plain values: what they are called or, of a folder, fingerprints."""
        if not self._is_folder:
            return {"name": self.name, "config": self.config, "revision": self.revision}
        if self._is_saved:
            return {"fingerprints": _fingerprints(self.name)}
        return {"config": self.config, "files": _digests(self.name)}

    def load(self) -> dict[str, "Dataset"]:
        """Return the splits by name.

        Raises:
            UserError: if they cannot be loaded.
        """
        if not self._is_folder:
            look_for_hub()
        with needs_extra("hub"):
            import datasets
        try:
            if self._is_saved:
                loaded = datasets.load_from_disk(str(named_path("name", self.name)))
            else:
                name = str(named_path("name", self.name)) if self._is_folder else self.name
                loaded = datasets.load_dataset(name, self.config, revision=self.revision)
        except Exception as problem:  # the network, the Hub and loading scripts raise whatever they like
            raise UserError(
                f"{self.name!r} could not be loaded: {problem} Check the id, the config and the network, "
                f"or name a folder that save_to_disk wrote, or a copy of a data set of the Hub."
            ) from problem
        return cast("dict[str, Dataset]", {"train": loaded} if isinstance(loaded, datasets.Dataset) else dict(loaded))

    def column(self, splits: dict[str, "Dataset"], split: str, column: str) -> "Dataset":
        """Return one column of a split.

        Raises:
            UserError: if there is no such split or column; the nearest name is suggested.
        """
        if split not in splits:
            raise unknown_name(f"split of {self.name!r}", split, splits)
        if column not in splits[split].column_names:
            raise unknown_name(f"column of {self.name!r}", column, splits[split].column_names)
        return splits[split].select_columns(column)


@dataclass(frozen=True)
class HubSplits:
    """Splits of a data set that the `datasets` library loads; a kind of source adds which column it takes.

    Attributes:
        name: id on the Hub such as `roneneldan/TinyStories`, or a folder: one written by `save_to_disk`, or a copy of a
            data set of the Hub, which counts by the content of its files.
        config: configuration of the data set, where it has several.
        revision: commit on the Hub. Name one for an exact identity; without it, data first prepared stay in use.
        train: split of the training data.
        test: split of the test data; None holds out a tenth of the training data.
    """

    name: str
    config: str | None = None
    revision: str | None = None
    train: str = "train"
    test: str | None = None

    @property
    def address(self) -> HubAddress:
        """Where the data set is.

        Raises:
            UserError: if a folder has a config or a revision.
        """
        return HubAddress(self.name, self.config, self.revision)


def first(dataset: "Dataset", num: int | None) -> "Dataset":
    """Return the first `num` examples; None returns all."""
    return dataset if num is None else dataset.select(range(min(num, len(dataset))))


def _states(written: str) -> list[Path]:
    """Return what `save_to_disk` wrote about every split of a folder; a copy of a data set of the Hub has none."""
    return sorted(named_path("name", written).rglob("state.json"))


def _fingerprints(written: str) -> dict[str, str]:
    """Return the fingerprint that `datasets` gave to every split of a saved folder."""
    folder = named_path("name", written)
    return {str(state.parent.relative_to(folder)): _fingerprint(state) for state in _states(written)}


def _digests(written: str) -> dict[str, str]:
    """Return what the data files of a folder hold, by their names, which tell the splits; README.md tells them, too."""
    folder = named_path("name", written)
    paths = [path.relative_to(folder) for path in map(Path, sorted(files_in(folder)))]
    paths = [path for path in paths if not any(part.startswith(".") for part in path.parts)]
    if not any(format_of(path, (".txt",)) for path in paths):
        raise UserError(
            f"{written!r} is a folder, but not one that save_to_disk wrote, nor a copy of a data set of the Hub. "
            f"Save the data set with it, or use a source that reads files."
        )
    return {str(path): file_digest(folder / path) for path in paths}


def _fingerprint(state: Path) -> str:
    try:
        return json.loads(state.read_text("utf-8"))["_fingerprint"]
    except (OSError, ValueError, TypeError, KeyError, RecursionError) as problem:
        raise UserError(f"{state} has no fingerprint ({reason(problem)}). Save the data set again.") from None

"""Text from the Hugging Face Hub, or from a folder that `datasets` saved."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, cast

from genloop.data.documents import RawTexts
from genloop.data.extras import needs_extra
from genloop.data.text import TextSource
from genloop.errors import UserError, unknown_name

if TYPE_CHECKING:
    from datasets import Dataset


@dataclass(frozen=True)
class HubTexts(TextSource):
    """A column of a data set that the `datasets` library loads.

    Attributes:
        name: id on the Hub such as `roneneldan/TinyStories`, or a folder written by `save_to_disk`.
        config: configuration of the data set, where it has several.
        revision: commit on the Hub. Name one for an exact identity; without it, data first prepared stay in use.
        train: split of the training text.
        test: split of the test text; None holds out a tenth of the training documents.
        text_column: column that keeps the text.
        max_documents: training documents to use, from the first; None uses all.
    """

    version: ClassVar[int] = 1

    name: str
    config: str | None = None
    revision: str | None = None
    train: str = "train"
    test: str | None = None
    text_column: str = "text"
    max_documents: int | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.max_documents is not None and self.max_documents < 1:
            raise UserError(f"max_documents={self.max_documents} leaves no text. Use at least 2, or None for all.")
        if self._is_folder and (self.config or self.revision):
            raise UserError(f"{self.name!r} is a folder, which has no config and no revision. Remove them.")

    @property
    def _is_folder(self) -> bool:
        return Path(self.name).expanduser().is_dir()

    def texts_identity(self) -> dict[str, Any]:
        where = {"fingerprints": _fingerprints(self.name)} if self._is_folder else self._address()
        fields = ("train", "test", "text_column", "max_documents")
        return {"type": "HubTexts", "version": self.version, **where, **{name: getattr(self, name) for name in fields}}

    def _address(self) -> dict[str, Any]:
        return {"name": self.name, "config": self.config, "revision": self.revision}

    def read(self) -> RawTexts:
        splits = self._load()
        train = self._column(splits, self.train)
        if self.max_documents is not None:
            train = train.select(range(min(self.max_documents, len(train))))
        test = None if self.test is None else self._column(splits, self.test)
        return RawTexts(_texts(train), None if test is None else _texts(test))

    def _load(self) -> dict[str, "Dataset"]:
        with needs_extra("hub"):
            import datasets
        try:
            if self._is_folder:
                loaded = datasets.load_from_disk(str(Path(self.name).expanduser()))
            else:
                loaded = datasets.load_dataset(self.name, self.config, revision=self.revision)
        except Exception as problem:  # the network, the Hub and loading scripts raise whatever they like
            raise UserError(
                f"{self.name!r} could not be loaded: {problem} Check the id, the config and the network, "
                f"or name a folder that save_to_disk wrote."
            ) from problem
        return cast("dict[str, Dataset]", {"train": loaded} if isinstance(loaded, datasets.Dataset) else dict(loaded))

    def _column(self, splits: dict[str, "Dataset"], split: str) -> "Dataset":
        if split not in splits:
            raise unknown_name(f"split of {self.name!r}", split, splits)
        if self.text_column not in splits[split].column_names:
            raise unknown_name(f"column of {self.name!r}", self.text_column, splits[split].column_names)
        return splits[split].select_columns(self.text_column)


def _texts(dataset: "Dataset") -> Iterator[str]:
    for batch in dataset.iter(batch_size=1000):
        (column,) = cast("dict[str, list[Any]]", batch).values()
        for text in column:
            if not isinstance(text, str):
                raise UserError(f"The text column holds {text!r:.40}, which is no text. Name a column of strings.")
            yield text


def _fingerprints(written: str) -> dict[str, str]:
    """Return the fingerprint that `datasets` gave to every split of a saved folder."""
    folder = Path(written).expanduser()
    states = sorted(folder.rglob("state.json"))
    if not states:
        raise UserError(
            f"{written!r} is a folder, but not one that save_to_disk wrote. "
            f"Save the data set with it, or use Texts for text, Parquet or JSON lines."
        )
    return {str(state.parent.relative_to(folder)): json.loads(state.read_text())["_fingerprint"] for state in states}

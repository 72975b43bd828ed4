"""Text from the Hugging Face Hub, or from a folder that `datasets` saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from genloop.data.hub_splits import HubAddress, first
from genloop.data.text.documents import RawTexts
from genloop.data.text.source import TextSource
from genloop.errors import UserError

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
        assert self._address

    @property
    def _address(self) -> HubAddress:
        return HubAddress(self.name, self.config, self.revision)

    def texts_identity(self) -> dict[str, Any]:
        fields = ("train", "test", "text_column", "max_documents")
        settings = {name: getattr(self, name) for name in fields}
        return {"type": "HubTexts", "version": self.version, **self._address.identity(), **settings}

    def read(self) -> RawTexts:
        splits = self._address.load()
        train = first(self._address.column(splits, self.train, self.text_column), self.max_documents)
        test = None if self.test is None else self._address.column(splits, self.test, self.text_column)
        return RawTexts(_texts(train), None if test is None else _texts(test))


def _texts(dataset: "Dataset") -> Iterator[str]:
    for batch in dataset.iter(batch_size=1000):
        (column,) = cast("dict[str, list[Any]]", batch).values()
        for text in column:
            if not isinstance(text, str):
                raise UserError(f"The text column holds {text!r:.40}, which is no text. Name a column of strings.")
            yield text

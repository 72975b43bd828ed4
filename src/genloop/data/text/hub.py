"""Text from the Hugging Face Hub, or from a folder that `datasets` saved."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, cast

from genloop.data.hub_splits import HubSplits, first
from genloop.data.text.cells import Unusable, text_in
from genloop.data.text.documents import Broken, RawTexts, check_broken
from genloop.data.text.source import TextSource
from genloop.errors import UserError
from genloop.identity import type_name

if TYPE_CHECKING:
    from datasets import Dataset


CITED = {"roneneldan/TinyStories": ("eldan2023tinystories",)}


@dataclass(frozen=True)
class HubTexts(HubSplits, TextSource):
    """A column of a data set that the `datasets` library loads; `HubSplits` says which.

    Attributes:
        text_column: column that keeps the text.
        max_documents: training documents to use, from the first; None uses all.
        broken: what is done about rows that hold no text: `refuse` them, or `skip` and count them.
    """

    version: ClassVar[int] = (
        3  # leaves near copies of test documents out of the training documents, as `copies` knows them
    )

    @property
    def citations(self) -> tuple[str, ...]:
        """Publications of the data sets that we know."""
        return CITED.get(self.name, ())

    text_column: str = "text"
    max_documents: int | None = None
    broken: Broken = "refuse"

    def __post_init__(self) -> None:
        super().__post_init__()
        check_broken(self.broken)
        if self.max_documents is not None and self.max_documents < 1:
            raise UserError(f"max_documents={self.max_documents} leaves no text. Use at least 2, or None for all.")
        assert self.address

    def texts_identity(self) -> dict[str, Any]:
        fields = ("train", "test", "text_column", "max_documents")
        settings = {name: getattr(self, name) for name in fields}
        settings |= {"broken": "skip"} if self.broken == "skip" else {}
        return {"type": type_name(self), "version": self.version, **self.address.identity(), **settings}

    def read(self) -> RawTexts:
        splits = self.address.load()
        train = first(self.address.column(splits, self.train, self.text_column), self.max_documents)
        test = None if self.test is None else self.address.column(splits, self.test, self.text_column)
        test_texts = None if test is None else _texts(test, str(self.test))
        return RawTexts(_texts(train, self.train), test_texts, broken=self.broken)


def _texts(dataset: "Dataset", split: str) -> Iterator[str | Unusable]:
    number = 0
    for batch in dataset.iter(batch_size=1000):
        ((column, cells),) = cast("dict[str, list[Any]]", batch).items()
        for cell in cells:
            yield text_in(f"{split}, row {number},", column, cell)
            number += 1

"""What all texts of a run share: the vocabulary they are written in.

A prepared folder holds the streams `train.npy` and `test.npy`, and `tokenizer.json`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import ClassVar, Literal

from genloop.data.text import exchange
from genloop.data.text.tokens import TOKENIZER_FILE, TOKENS_FILE, TokenDataset, Vocabulary
from genloop.examples import Examples
from genloop.types import Format

NUM_SHOWN = 3
TOKENS_SHOWN = 20_000  # of a document, at most


@dataclass(frozen=True)
class TextDomain:
    """Texts in one vocabulary.

    Attributes:
        directory: where their source was prepared.
    """

    name: ClassVar[str] = "text"
    model_files: ClassVar[tuple[str, ...]] = (TOKENIZER_FILE,)

    directory: Path

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The vocabulary, which was learned from the real training text, or given."""
        return Vocabulary(self.directory / TOKENIZER_FILE)

    def prepared(self, part: Literal["train", "test"]) -> TokenDataset:
        return TokenDataset.open(self.directory / f"{part}.npy", self.vocabulary)

    def generated(self, directory: Path) -> TokenDataset:
        return TokenDataset.open(directory / TOKENS_FILE, self.vocabulary)

    def show(self, data: TokenDataset, num: int | None = None, *, beside: Sequence[TokenDataset] = ()) -> Examples:
        """Return the first documents that are not empty."""
        num = NUM_SHOWN if num is None else num
        first = data.slice(0, min(len(data), num * TOKENS_SHOWN))
        return Examples(texts=tuple(islice(first.texts(), num)))

    @property
    def formats(self) -> dict[str, Format[TokenDataset]]:
        return {
            ".parquet": Format(exchange.write_parquet, self._read),
            ".jsonl": Format(exchange.write_json_lines, self._read),
        }

    def _read(self, path: Path) -> TokenDataset:
        return exchange.encoded(exchange.read_texts(path), self.vocabulary)

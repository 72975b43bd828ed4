"""Documents as files that other tools read and write: a column of text in Parquet, or JSON lines.

A document that is cut, as the last one of a source may be, is written as far as it goes, and an empty one is written
too: the rows, each followed by end-of-text, are what a model was fitted on or what it generated.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

from genloop.data.named_files import format_of
from genloop.data.parquet import Cell, write_column
from genloop.data.records import cells_of
from genloop.data.text import vocabularies
from genloop.data.text.cells import Unusable, text_in
from genloop.data.text.tokens import Segment, TokenDataset, Vocabulary
from genloop.errors import UserError
from genloop.examples import Origins

COLUMN = "text"


def write_parquet(data: TokenDataset, path: Path, origins: Origins) -> None:
    """Write every document as a row."""
    write_column(path, COLUMN, _cells(data), origins, kind="string", feature={"dtype": "string", "_type": "Value"})


def write_json_lines(data: TokenDataset, path: Path, origins: Origins) -> None:
    """Write every document as a line."""
    with path.open("w", encoding="utf-8") as file:
        for cell in _cells(data):
            file.write(json.dumps({COLUMN: cell.value, **origins.of(cell.weight)}, ensure_ascii=False) + "\n")


def read_texts(path: Path) -> Iterator[str]:
    """Iterate over the documents of a file that one of the above wrote.

    Raises:
        UserError: if a row holds no text, or the file is none.
    """
    file_format = format_of(path)
    assert file_format, f"{path} is of a format that a domain lists"
    for place, cell in cells_of(path, file_format, COLUMN):
        text = text_in(place, COLUMN, cell)
        if isinstance(text, Unusable):
            raise UserError(text.problem)
        yield text


def encoded(texts: Iterable[str], vocabulary: Vocabulary) -> TokenDataset:
    """Return documents as data."""
    tokens = vocabularies.encode(list(texts), vocabulary, lambda done: None)
    return TokenDataset((Segment(tokens),), vocabulary)


def _cells(data: TokenDataset) -> Iterator[Cell]:
    for document in data.documents():
        text = data.vocabulary.decode(document.tokens)
        yield Cell(text, 1 + len(text), document.weight)
